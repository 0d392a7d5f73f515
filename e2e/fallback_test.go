//go:build e2e

package e2e

import (
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"glennline/softphone"
)

// While glennline is dead, or stopped, the dialplan answers by itself: the
// caller notices nothing, and the signature is there once glennline is back.
func TestFallback(t *testing.T) {
	for name, absent := range map[string]struct{ leave, back func(l *line) }{
		"killed":  {func(l *line) { l.kill() }, func(l *line) { l.start() }},
		"stopped": {func(l *line) { l.signal(syscall.SIGSTOP) }, func(l *line) { l.signal(syscall.SIGCONT) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := up(t, callsConfig)
			absent.leave(l)
			// Three seconds without a word from glennline, and the dialplan knows.
			time.Sleep(4500 * time.Millisecond)
			said := speech(t, 3)
			// Meanwhile somebody says nothing until asked once more, and somebody
			// gives up while it rings: as when glennline is there.
			whatIsAsked := speech(t, 2.5)
			var asked, rung softphone.Report
			var others sync.WaitGroup
			others.Go(func() { asked = l.phone(t, softphone.Script{Say: whatIsAsked, BeepNo: 2}) })
			others.Go(func() { rung = l.phone(t, softphone.Script{To: l.uri(partnerNumber), CancelAfter: time.Second}) })
			report := l.phone(t, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond})
			if report.Said != len(said) || len(report.Beeps) != 1 {
				t.Fatalf("the caller heard %d beeps and said %d of %d samples", len(report.Beeps), report.Said, len(said))
			}
			withheld := l.phone(t, softphone.Script{To: l.uri(partnerNumber), Withhold: true, AssertedIdentity: callerNumber, Say: said[rate/2:], SayDelay: 500 * time.Millisecond})
			early := l.phone(t, softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: time.Second})
			others.Wait()
			if rung.Ended != softphone.EndedCancelled {
				t.Errorf("the call that was given up while it rings ended %q with %d (answered after %v)", rung.Ended, rung.Status, rung.AnswerTime)
			}
			if len(asked.Beeps) != 2 || asked.Said != len(whatIsAsked) {
				t.Errorf("who said nothing heard %d beeps and then said %d of %d samples", len(asked.Beeps), asked.Said, len(whatIsAsked))
			}
			absent.back(l)

			l.want(t, rung, "hung_up/before_answer", "")
			if c := recording(t, l.want(t, asked, "message/fallback", "counted"), whatIsAsked); c.Correlation < 0.98 {
				t.Errorf("correlation with what was said when asked is %.3f", c.Correlation)
			}
			got := l.want(t, report, "message/fallback", "counted")
			if got.Line != "main" || got.CallerClass != "mobile" {
				t.Errorf("line %q, caller %q, want main and mobile", got.Line, got.CallerClass)
			}
			if c := recording(t, got, said); c.Correlation < 0.98 {
				t.Errorf("correlation with what was said is %.3f", c.Correlation)
			}
			got = l.want(t, withheld, "message/fallback", "counted")
			if got.Line != "partner" || got.CallerClass != "withheld" {
				t.Errorf("line %q, caller %q, want partner and withheld", got.Line, got.CallerClass)
			}
			if early.AnswerTime == 0 {
				t.Error("the call that was hung up early was not answered")
			}
			waitFor(t, "the early call's row, from asterisk's own log", func() bool {
				for _, r := range l.calls() {
					if r.ending() == "hung_up/early" {
						return true
					}
				}
				return false
			})
			out, errs, code := l.run("reconcile")
			if code != 0 || !strings.Contains(out, "all agree") {
				t.Errorf("reconcile: exit %d\n%s%s", code, out, errs)
			}
			l.noNumber(digits...)
		})
	}
}
