//go:build e2e

package e2e

import (
	"strings"
	"sync"
	"testing"
	"time"

	"glennline/softphone"
)

// Callers for whom there is no room are refused before the answer, after a
// prompt that says so, and Asterisk's own log counts them. They take no place
// of those who are not refused.
func TestRefusedForWantOfRoom(t *testing.T) {
	t.Parallel()
	l := up(t, strings.Replace(callsConfig, "region: BE", "region: BE\nadmission: {refuse: prompt, min_free_mib: 0, per_caller: 1}", 1))
	first, over := l.until(t, softphone.BeepEnded, softphone.Script{From: "+32470555190", Say: speech(t, 4), SayDelay: time.Second})
	// The same number again, while its first call lasts, however it is written.
	var same sync.WaitGroup
	for _, form := range []string{"+32470555190", "0470555190", "0032470555190"} {
		same.Go(func() {
			again := l.phone(t, softphone.Script{From: form, AnswerWithin: time.Minute})
			if again.Ended != softphone.EndedRefused || again.Status != 503 {
				t.Errorf("another call from the number ended %q with %d, want refused with 503", again.Ended, again.Status)
			}
		})
	}
	same.Wait()
	<-over
	l.want(t, *first, "message/caller", "counted")
	waitFor(t, "the refusal in asterisk's own log", func() bool {
		out, _, _ := l.run("reconcile")
		return strings.Contains(out, "3 refused for want of room (3 per_caller)")
	})
	var others sync.WaitGroup
	for range 3 {
		others.Go(func() {
			if r := l.phone(t, softphone.Script{HangupAt: softphone.AfterAnswer}); r.AnswerTime == 0 {
				t.Error("a caller was refused although there was room")
			}
		})
	}
	others.Wait()
	l.noNumber(digits...)
}
