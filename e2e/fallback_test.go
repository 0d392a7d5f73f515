//go:build e2e

package e2e

import (
	"strings"
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
			report := l.phone(t, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond})
			if report.Said != len(said) || len(report.Beeps) != 1 {
				t.Fatalf("the caller heard %d beeps and said %d of %d samples", len(report.Beeps), report.Said, len(said))
			}
			withheld := l.phone(t, softphone.Script{To: l.uri(partnerNumber), Withhold: true, AssertedIdentity: callerNumber, Say: said[rate/2:], SayDelay: 500 * time.Millisecond})
			early := l.phone(t, softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: time.Second})
			absent.back(l)

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
