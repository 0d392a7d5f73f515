//go:build e2e

package e2e

import (
	"testing"

	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

// A caller who puts the call on hold in the middle of the message, as a second
// call on a mobile telephone does, is recorded to the end.
func TestHoldInTheMessage(t *testing.T) {
	t.Parallel()
	l := up(t, manyConfig)
	said := speech(t, 1.5)
	l.sipp("hold.xml", 1, said)
	got := l.ended(1)[0]
	if got.ending() != "message/caller" || got.Status != "counted" {
		t.Fatalf("call ended %s with status %q, want message/caller with counted", got.ending(), got.Status)
	}
	recorded, err := wav.Read(got.WAV)
	if err != nil {
		t.Fatal(err)
	}
	first := audio.Compare(said, recorded.Samples[:len(recorded.Samples)/2], rate)
	second := audio.Compare(said, recorded.Samples[len(recorded.Samples)/2:], rate)
	if first.Correlation < 0.95 || second.Correlation < 0.95 {
		t.Errorf("before the hold the correlation with what was said is %.3f, after it %.3f", first.Correlation, second.Correlation)
	}
	l.noNumber("4705561", "Delvaux")
	l.quiet()
}
