//go:build e2e

package e2e

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"glennline/softphone"
	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

// uplink is what a network does with a caller's audio, see softphone.Script.
type uplink func(said int, h *rtp.Header) (arrives bool)

// A network that loses the caller's audio for a while, or numbers it anew, ends
// no message, although the limit of silence is 2 s: all that arrives is recorded.
// Asterisk writes what arrives and nothing for what does not, so a gap is no
// silence in the recording: what comes after it follows at once.
func TestGapsInTheAudio(t *testing.T) {
	t.Parallel()
	l := up(t, strings.ReplaceAll(callsConfig, "message: 6s", "message: 20s"))
	t.Run("each", func(t *testing.T) {
		dice := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // no secret
		for i, c := range []struct {
			name string
			uplink
		}{
			{"nothing for 1 s", losing(2, 3)},
			{"nothing for 3 s", losing(2, 5)},
			{"paused for 1 s", pausing(2, 3)},
			{"paused for 3 s", pausing(2, 5)},
			{"one in twenty is lost", func(int, *rtp.Header) bool { return dice.IntN(20) > 0 }},
			{"numbers jump forward", from(3, func(h *rtp.Header) { h.SequenceNumber += 20_000 })},
			{"times jump", from(3, func(h *rtp.Header) { h.Timestamp += 10 * rate })},
			{"another source with higher numbers", from(3, func(h *rtp.Header) { h.SSRC++; h.Timestamp += 123_456; h.SequenceNumber += 20_000 })},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				l.throughBadNetwork(t, speech(t, 14)[i*rate/2:][:7*rate], c.uplink)
			})
		}
	})
	l.agrees(t)
	l.noNumber(digits...)
	l.quiet()
}

// A source that takes over in mid-call may begin with any number (RFC 3550 section
// 5.1). Asterisk takes lower ones for late and throws them away, which is noticed:
// the recording is begun anew, and so goes on after some seconds.
func TestAnotherSourceWithLowerNumbers(t *testing.T) {
	t.Parallel()
	l := up(t, strings.ReplaceAll(callsConfig, "message: 6s", "message: 20s"))
	said := speech(t, 14.5)
	r := l.phone(t, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond, Uplink: from(3, func(h *rtp.Header) {
		h.SSRC++
		h.Timestamp += 123_456
		h.SequenceNumber -= 10_000
	})})
	if len(r.Beeps) != 1 || r.Said != len(said) || r.Ended != softphone.EndedCaller {
		t.Errorf("the caller heard %d beeps and said %d of %d samples; the call was ended by the %s", len(r.Beeps), r.Said, len(said), r.Ended)
	}
	got := l.want(t, r, "message/caller", "counted")
	if c := recording(t, got, said[:3*rate]); c.Correlation < 0.98 || c.Covered < 0.999 {
		t.Errorf("%.0f%% of what was said before is in the recording: correlation %.3f", 100*c.Covered, c.Correlation)
	}
	// 4.2 s without growth are seen by looks every 2 s, the first of which may be 2 s after
	// the last write: 8 s, and one and a half for a busy machine.
	if c := recording(t, got, said[25*rate/2:]); c.Correlation < 0.98 || c.Covered < 0.999 {
		t.Errorf("%.0f%% of what was said at last is in the recording of %.1f s: correlation %.3f", 100*c.Covered, got.Seconds, c.Correlation)
	}
	t.Logf("%.1f s of %.1f s are recorded", got.Seconds, float64(len(said))/rate)
	l.agrees(t)
	l.noNumber(digits...)
}

func (l *line) throughBadNetwork(t *testing.T, said []int16, up uplink) {
	t.Helper()
	var arrived []int16
	before := 0
	over := make(chan struct{})
	defer close(over)
	answered, told := l.answered()
	r := l.phone(t, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond, HangupAfter: heardOut, OnEvent: told, Cue: l.recorded(answered, over), Uplink: func(now int, h *rtp.Header) bool {
		arrives := up(now, h)
		if arrives {
			arrived = append(arrived, said[before:now]...)
		}
		before = now
		return arrives
	}})
	if len(r.Beeps) != 1 || r.Said != len(said) || r.Ended != softphone.EndedCaller {
		t.Errorf("the caller heard %d beeps and said %d of %d samples; the call was ended by the %s", len(r.Beeps), r.Said, len(said), r.Ended)
	}
	got := l.want(t, r, "message/caller", "counted")
	recorded, err := wav.Read(got.WAV)
	if err != nil {
		t.Fatal(err)
	}
	c := audio.Compare(arrived, recorded.Samples, rate)
	if c.Correlation < 0.98 || c.Covered < 0.999 || c.LongestGap != 0 {
		t.Errorf("of the %.2f s that arrived %.1f%% are in the recording of %.2f s, with a correlation of %.3f and a gap of %v",
			float64(len(arrived))/rate, 100*c.Covered, got.Seconds, c.Correlation, c.LongestGap)
	}
}

// losing loses what is said between two seconds, as a dead cell does.
func losing(from, to float64) uplink {
	return func(said int, _ *rtp.Header) bool {
		return float64(said) <= from*rate || float64(said) > to*rate
	}
}

// pausing sends nothing between two seconds, as a telephone that saves on
// silence does: the packets' numbers go on where they were (RFC 3551 section 4.1).
func pausing(from, to float64) uplink {
	skipped, arrives := uint16(0), losing(from, to)
	return func(said int, h *rtp.Header) bool {
		if !arrives(said, h) {
			skipped++
			return false
		}
		h.SequenceNumber -= skipped
		return true
	}
}

// from changes the packets from a second on.
func from(second float64, change func(*rtp.Header)) uplink {
	return func(said int, h *rtp.Header) bool {
		if float64(said) > second*rate {
			change(h)
		}
		return true
	}
}
