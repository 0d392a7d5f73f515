package audio

import (
	"math"
	"time"
)

// Comparison is how a recording agrees with what was said.
type Comparison struct {
	// Offset is where in the recording, in samples, the first sample that was
	// sent lies; negative if the recording began later than the speech.
	Offset int
	// Covered is the share of what was sent that lies inside the recording, 0
	// to 1: under 1 if the beginning or the end is missing.
	Covered float64
	// Correlation is the normalized cross-correlation of what overlaps, -1 to
	// 1. G.711 once there and back leaves about 0.999 of ordinary speech.
	Correlation float64
	// LevelDB is how much louder the recording is than what was sent, in dB,
	// over the parts with speech; Silence if nothing came through.
	LevelDB float64
	// LongestGap is the longest stretch in which something was sent and the
	// recording is more than 12 dB weaker than LevelDB makes expect, in steps
	// of 10 ms.
	LongestGap time.Duration
	// MaxShift is how far, at most, a piece of 200 ms lies from its place
	// relative to Offset, looked for up to 100 ms: not 0 if something was
	// dropped, or put in, on the way.
	MaxShift time.Duration
}

// What Compare looks at.
const (
	speechFloorDB = -50.0 // dBFS: weaker frames are pauses
	speechRangeDB = 30.0  // and so are frames this much below the level of the whole
	gapDB         = 12.0
	minScore      = 0.5  // of a piece, to say where it lies
	betterScore   = 0.05 // than at its place, to say that it was moved: speech resembles itself a pitch period later
)

// Compare finds what was sent in a recording and measures how well it came
// through. Both are at the same rate, in samples a second. Where either is
// empty or silent the result is zero; where what was sent is not in the
// recording, Correlation is low, and the rest says nothing.
func Compare(sent, recorded []int16, rate int) Comparison {
	if energy(sent) == 0 || energy(recorded) == 0 {
		return Comparison{}
	}
	lag := bestLag(sent, recorded)
	c := Comparison{Offset: lag}
	from, to := max(0, -lag), min(len(sent), len(recorded)-lag) // of sent, what overlaps
	if from >= to {
		return Comparison{}
	}
	c.Covered = float64(to-from) / float64(len(sent))
	s, r := sent[from:to], recorded[from+lag:to+lag]
	c.Correlation = similarity(s, r)

	floor := max(speechFloorDB, LevelDB(s)-speechRangeDB)
	frame := max(1, rate/100)
	c.LevelDB = levelChange(s, r, frame, floor)
	c.LongestGap = longestGap(s, r, frame, floor, c.LevelDB)
	c.MaxShift = time.Duration(maxShift(s, r, rate, floor)) * time.Second / time.Duration(rate)
	return c
}

// bestLag is the lag at which the recording is most like what was sent. Each
// lag's correlation is measured against the recording's energy under it, so
// that a loud stretch elsewhere does not win, and against all that was sent,
// so that a few samples at the edge do not.
func bestLag(sent, recorded []int16) int {
	sums := make([]float64, len(recorded)+1)
	for i, x := range recorded {
		sums[i+1] = sums[i] + float64(x)*float64(x)
	}
	best, at := math.Inf(-1), 0
	for k, r := range correlate(sent, recorded) {
		lag := k - (len(sent) - 1)
		under := sums[min(len(recorded), lag+len(sent))] - sums[max(0, lag)]
		if under == 0 {
			continue
		}
		if score := r / math.Sqrt(under); score > best {
			best, at = score, lag
		}
	}
	return at
}

// levelChange is how much louder r is than s over the frames in which s is not
// weaker than the floor.
func levelChange(s, r []int16, frame int, floor float64) float64 {
	var before, after float64
	for i := 0; i+frame <= len(s); i += frame {
		if LevelDB(s[i:i+frame]) >= floor {
			before += energy(s[i : i+frame])
			after += energy(r[i : i+frame])
		}
	}
	if before == 0 || after == 0 {
		return Silence
	}
	return 10 * math.Log10(after/before)
}

// longestGap is the longest run of frames in which s is not weaker than the
// floor, and r is weaker than the change explains.
func longestGap(s, r []int16, frame int, floor, change float64) time.Duration {
	run, longest := 0, 0
	for i := 0; i+frame <= len(s); i += frame {
		level := LevelDB(s[i : i+frame])
		if level >= floor && level+change-LevelDB(r[i:i+frame]) > gapDB {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	return time.Duration(longest) * 10 * time.Millisecond
}

// similarity is the normalized correlation of two pieces of one length, 0
// where one of them is silent.
func similarity(a, b []int16) float64 {
	var sum float64
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	e := energy(a) * energy(b)
	if e == 0 {
		return 0
	}
	return sum / math.Sqrt(e)
}

// maxShift is the furthest, in samples, that a piece with speech lies from its
// place.
func maxShift(s, r []int16, rate int, floor float64) int {
	piece, reach := rate/5, rate/10
	furthest := 0
	for i := 0; i+piece <= len(s); i += piece {
		p := s[i : i+piece]
		if LevelDB(p) < floor {
			continue
		}
		here := similarity(p, r[i:i+piece])
		if here+betterScore >= 1 {
			continue // nothing can be better by enough
		}
		best, at := here, 0
		for d := max(-reach, -i); d <= reach && i+d+piece <= len(r); d++ {
			if score := similarity(p, r[i+d:i+d+piece]); score > best {
				best, at = score, d
			}
		}
		if best >= minScore && best >= here+betterScore {
			furthest = max(furthest, at, -at)
		}
	}
	return furthest
}
