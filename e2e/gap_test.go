//go:build e2e

package e2e

import (
	"slices"
	"testing"
	"time"

	"glennline/softphone"
	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

// packetTime is what a packet of audio holds.
const packetTime = 20 * time.Millisecond

// Notice, beep and recording are steps of their own, and the caller notices no
// seam. Between the packets of one prompt lie 20 ms, and so between those of two
// if nothing does; in the recording of a caller who talks all the time it is to
// be seen how soon after the beep it began.
func TestNoSeamAroundTheBeep(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	said := speech(t, 3.5)
	var before, after []time.Duration
	for range 5 {
		r := l.phone(t, softphone.Script{Say: said, SayAt: softphone.AfterAnswer})
		if len(r.Beeps) != 1 {
			t.Fatalf("%d beeps were heard", len(r.Beeps))
		}
		got := l.call(r.CallID)
		if got.ending() != "message/caller" || got.WAV == "" {
			t.Fatalf("call ended %s", got.ending())
		}
		recorded, err := wav.Read(got.WAV)
		if err != nil {
			t.Fatal(err)
		}
		c := audio.Compare(said, recorded.Samples, rate)
		if c.Correlation < 0.98 {
			t.Fatalf("correlation with what was said is %.3f", c.Correlation)
		}
		began := r.SpokenFrom + time.Duration(-c.Offset)*time.Second/rate
		before = append(before, r.Stream.LongestWait-packetTime)
		after = append(after, began-r.Beeps[0].To)
	}
	for what, gaps := range map[string][]time.Duration{"notice and beep": before, "beep and recording": after} {
		slices.Sort(gaps)
		t.Logf("between %s: %v", what, gaps)
		// A quarter of a second is the length of a breath; the figures tell more.
		if gap := gaps[len(gaps)/2]; gap > 250*time.Millisecond {
			t.Errorf("%v between %s", gap, what)
		}
	}
}
