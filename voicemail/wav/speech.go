package wav

import (
	"math"
	"slices"
)

// What stands out as speech. Levels are those of the high-passed frames, in
// dBFS.
const (
	speechGateDBFS = -62 // what lies below is near-silence, whatever it stands out of
	speechMarginDB = 5   // above the noise floor, for three frames: steady noise never does
	speechFrames   = 3   // what is shorter is a click
	edgeMarginDB   = 3   // above the noise floor, for the beginning and the end of a word
	edgeFrames     = 5
	floorFrames    = framesPerSecond / 2
	steadyFrames   = 6 // what is as long and keeps its level within steadyDB is a machine
	steadyDB       = 0.8
	steadyReachDB  = 2.5
)

// speech marks the frames that stand out of the noise floor, other than
// tones, clicks, and bursts of a constant level such as comfort noise.
func (m *Meter) speech(tone []bool) []bool {
	frames, floor := m.frames, m.floor()
	speech := make([]bool, len(frames))
	stands := func(i int, margin float32) bool {
		return !tone[i] && frames[i].level >= max(speechGateDBFS, floor[i]+margin)
	}
	for i := 0; i < len(frames); i++ {
		from := i
		for i < len(frames) && stands(i, speechMarginDB) {
			i++
		}
		if i-from < speechFrames || steady(frames, from, i) {
			continue
		}
		to := i
		for k := 0; k < edgeFrames && from > 0 && stands(from-1, edgeMarginDB); k++ {
			from--
		}
		for k := 0; k < edgeFrames && to < len(frames) && stands(to, edgeMarginDB); k++ {
			to++
		}
		for k := from; k < to; k++ {
			speech[k] = true
		}
	}
	return speech
}

// floor is the noise under each frame, in dBFS: the quietest frame within
// half a second before it or after it, whichever is louder. Speech, which
// pauses or at least dips between syllables, stands out of that; steady noise
// does not, nor where it sets in or stops. Beyond the ends of the recording
// the noise is taken to be as in the quietest tenth of it.
func (m *Meter) floor() []float32 {
	beyond := m.quietest(func(f *frame) float32 { return f.level })
	levels := make([]float32, len(m.frames)+2*floorFrames)
	for i := range levels {
		levels[i] = beyond
	}
	for i := range m.frames {
		levels[i+floorFrames] = m.frames[i].level
	}
	quiet := minima(levels, floorFrames+1)
	floor := make([]float32, len(m.frames))
	for i := range floor {
		floor[i] = max(quiet[i], quiet[i+floorFrames])
	}
	return floor
}

// minima returns the least of each n values in a row.
func minima(values []float32, n int) []float32 {
	out := make([]float32, 0, len(values)-n+1)
	queue := make([]int, 0, n+1) // indices of values that rise, the least first
	for i, v := range values {
		for len(queue) > 0 && values[queue[len(queue)-1]] >= v {
			queue = queue[:len(queue)-1]
		}
		queue = append(queue, i)
		if queue[0] == i-n {
			queue = slices.Delete(queue, 0, 1)
		}
		if i >= n-1 {
			out = append(out, values[queue[0]])
		}
	}
	return out
}

// steady reports whether the frames from..to belong to a burst that keeps its
// level as no voice does.
func steady(frames []frame, from, to int) bool {
	mean, _ := spread(frames[from:to])
	near := func(i int) bool { return math.Abs(float64(frames[i].level)-mean) < steadyReachDB }
	for from > 0 && near(from-1) {
		from--
	}
	for to < len(frames) && near(to) {
		to++
	}
	if to-from < steadyFrames {
		return false
	}
	_, deviation := spread(frames[from+1 : to-1])
	return deviation < steadyDB
}

// spread is the mean of the levels and their standard deviation.
func spread(frames []frame) (mean, deviation float64) {
	for i := range frames {
		mean += float64(frames[i].level)
	}
	mean /= float64(len(frames))
	for i := range frames {
		d := float64(frames[i].level) - mean
		deviation += d * d
	}
	return mean, math.Sqrt(deviation / float64(len(frames)))
}

// quietest is the tenth percentile of what value says of the frames.
func (m *Meter) quietest(value func(*frame) float32) float32 {
	values := make([]float32, len(m.frames))
	for i := range m.frames {
		values[i] = value(&m.frames[i])
	}
	slices.Sort(values)
	return values[len(values)/10]
}
