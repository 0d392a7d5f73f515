//go:build e2e

package e2e

import (
	"testing"
)

// A number that was on television: a hundred calls within two seconds. None is
// lost, and what each of them said is in its recording.
func TestHundredCallsWithinTwoSeconds(t *testing.T) {
	const calls = 100
	l := upFor(t, 2*calls, manyConfig)
	said := speech(t, 2.5)
	l.sipp("message.xml", calls, said)

	ids := make(map[string]bool)
	for _, r := range l.ended(calls) {
		ids[r.ID] = true
		// They all say the same, so most recordings are equal to the sample.
		if r.ending() != "message/caller" || r.Status != "counted" && r.Reason != "same_audio" {
			t.Errorf("call %s ended %s with status %q (%s), want message/caller with counted", r.ID, r.ending(), r.Status, r.Reason)
			continue
		}
		if c := recording(t, r, said); c.Correlation < 0.95 || c.Covered < 0.99 {
			t.Errorf("call %s: %.0f%% of what was said is in the recording, with a correlation of %.3f", r.ID, 100*c.Covered, c.Correlation)
		}
	}
	if len(ids) != calls {
		t.Errorf("%d calls have %d ids", calls, len(ids))
	}
	l.noNumber("4705561", "Delvaux") // in every caller's number, in every form, and the name
	l.quiet()
}
