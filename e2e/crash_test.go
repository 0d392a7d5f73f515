//go:build e2e

package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/softphone"
)

// Asterisk is killed while somebody speaks: the line answers again, and what
// had reached the disk is repaired and signed.
func TestAsteriskIsKilledMidMessage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(l *line)
		ending string
	}{
		"served by glennline":    {func(*line) {}, "message/pbx"},
		"served by the dialplan": {func(l *line) { l.away() }, "message/fallback"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := up(t, strings.ReplaceAll(callsConfig, "message: 6s", "message: 20s"))
			test.before(l)
			said := speech(t, 9)
			r, over := l.until(t, softphone.Speaking, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond})
			const spoken = 5 * time.Second
			time.Sleep(spoken)
			if err := syscall.Kill(l.asterisk(), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			killed := time.Now()
			if l.cmd == nil {
				l.start()
			}
			l.answers(t)
			t.Logf("the line answered again %.1f s after asterisk was killed", time.Since(killed).Seconds())
			<-over
			got := l.call(r.CallID)
			if !strings.HasPrefix(got.ending(), test.ending) || got.Status != "counted" {
				t.Errorf("call ended %s with status %q, want %s and counted", got.ending(), got.Status, test.ending)
			}
			if lost := spoken.Seconds() - got.Seconds; lost > 2.1 {
				t.Errorf("%.2f s are lost, want 2.1 at most", lost)
			}
			if c := recording(t, got, said[:2*rate]); c.Correlation < 0.98 {
				t.Errorf("what was said is not in the recording: correlation %.3f", c.Correlation)
			}
			out, errs, code := l.run("reconcile", "--verify-hashes")
			if code != 0 || !strings.Contains(out, "all agree") {
				t.Errorf("reconcile: exit %d\n%s%s", code, out, errs)
			}
			l.noNumber(digits...)
		})
	}
}

// answers calls until the line takes a message.
func (l *line) answers(t *testing.T) {
	t.Helper()
	waitFor(t, "an answer", func() bool {
		r := l.phone(t, softphone.Script{From: "+32470555020", Say: speech(t, 1), CancelAfter: time.Second})
		return r.AnswerTime > 0
	})
}

// away kills glennline and waits until the dialplan knows.
func (l *line) away() {
	l.t.Helper()
	l.kill()
	time.Sleep(4500 * time.Millisecond)
}

// reconcile --apply beside calls that live leaves them alone, whoever serves
// them.
func TestReconcileBesideLiveCalls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(l *line)
		ending string
	}{
		"served by glennline":    {func(*line) {}, "message/caller"},
		"served by the dialplan": {func(l *line) { l.away() }, "message/fallback"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := up(t, callsConfig)
			test.before(l)
			said := speech(t, 4)
			r, over := l.until(t, softphone.Speaking, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond})
			for live := true; live; {
				select {
				case <-over:
					live = false
				default:
					out, errs, code := l.run("reconcile", "--apply")
					if code != 0 || strings.Contains(out, "done:") {
						t.Errorf("reconcile --apply beside a live call: exit %d\n%s%s", code, out, errs)
					}
				}
			}
			if l.cmd == nil {
				l.start()
			}
			got := l.want(t, *r, test.ending, "counted")
			if c := recording(t, got, said); c.Correlation < 0.98 || c.Covered < 0.99 {
				t.Errorf("%.0f%% of the message is in the recording: correlation %.3f", 100*c.Covered, c.Correlation)
			}
			l.noNumber(digits...)
		})
	}
}

// Who leaves during the notice while glennline is away has a row by Call-ID all
// the same, and no number, even where the carrier put it into the Call-ID.
func TestHangUpDuringTheFallbacksNotice(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	l.away()
	w := newWire(t, l.addr)
	if m := w.call(invitation{user: mainNumber, callID: "left:early@127.0.0.1"}); m.status != 200 {
		t.Fatalf("the call got %d", m.status)
	}
	if m := w.call(invitation{user: mainNumber, callID: "a0" + strings.TrimPrefix(callerNumber, "+") + "f@127.0.0.1"}); m.status != 200 {
		t.Fatalf("the call got %d", m.status)
	}
	l.noNumber(digits...)
	l.start()
	for _, id := range []string{"left:early@127.0.0.1", "a0324xxxxxxxxf@127.0.0.1"} {
		if got := l.call(id); got.ending() != "hung_up/early" || got.WAV != "" || got.Line != "main" {
			t.Errorf("call ended %s on line %q with recording %q", got.ending(), got.Line, got.WAV)
		}
	}
	l.noNumber(digits...)
}
