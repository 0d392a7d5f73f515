//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"glennline/softphone"
)

// Told to end, glennline finishes the call in progress first.
func TestSIGTERMLetsACallFinish(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	said := speech(t, 4)
	r, calling := l.until(t, softphone.Speaking, softphone.Script{Say: said})
	l.signal(syscall.SIGTERM)
	<-calling
	if r.Ended != softphone.EndedCaller || r.Said != len(said) {
		t.Errorf("the call was ended by the %s after %d of %d samples", r.Ended, r.Said, len(said))
	}
	if code := l.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	got := l.want(t, *r, "message/caller", "counted")
	if c := recording(t, got, said); c.Correlation < 0.98 || c.Covered < 0.99 {
		t.Errorf("%.0f%% of the message is in the recording: correlation %.3f", 100*c.Covered, c.Correlation)
	}
	l.noNumber(digits...)
	l.quiet()
}

// Who calls while glennline finishes a call is answered by the dialplan, and counts
// when glennline has ended, not only when it is started again.
func TestSIGTERMCountsWhatTheDialplanTook(t *testing.T) {
	t.Parallel()
	l := up(t, strings.ReplaceAll(callsConfig, "message: 6s", "message: 20s"))
	r, calling := l.until(t, softphone.Speaking, softphone.Script{Say: speech(t, 7)})
	l.signal(syscall.SIGTERM)
	waitFor(t, "the first SIGTERM to be heard", func() bool { return l.logged("finishing the calls in progress") > 0 })
	said := speech(t, 3)
	late := l.phone(t, softphone.Script{Say: said})
	<-calling
	if code := l.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if pid := l.asterisk(); pid != 0 {
		t.Errorf("asterisk (process %d) was left running", pid)
	}
	l.want(t, *r, "message/caller", "counted")
	var rows []string
	for _, row := range l.calls() {
		rows = append(rows, row.ending()+" "+row.Status)
		if row.SIPCallID == late.CallID && row.WAV != "" {
			if c := recording(t, row, said); c.Correlation < 0.98 || c.Covered < 0.99 {
				t.Errorf("%.0f%% of the message is in the recording: correlation %.3f", 100*c.Covered, c.Correlation)
			}
		}
	}
	if !slices.Equal(rows, []string{"message/caller counted", "message/fallback counted"}) && !slices.Equal(rows, []string{"message/fallback counted", "message/caller counted"}) {
		t.Errorf("the ledger has %q, want one call each of glennline and of the dialplan", rows)
	}
	if out, errs, code := l.run("reconcile", "--verify-hashes"); code != 0 {
		t.Errorf("reconcile: exit %d\n%s%s", code, out, errs)
	}
	l.noNumber(digits...)
	l.quiet()
}

// Told twice, it ends at once; what the caller had said by then is not lost.
func TestSecondSIGTERMEndsAtOnce(t *testing.T) {
	t.Parallel()
	l := up(t, manyConfig) // which waits long for a caller who is silent
	said := speech(t, 2)
	r, calling := l.until(t, softphone.Spoke, softphone.Script{Say: said, HangupAt: softphone.Never})
	l.signal(syscall.SIGTERM)
	waitFor(t, "the first SIGTERM to be heard", func() bool { return l.logged("finishing the calls in progress") > 0 })
	l.signal(syscall.SIGTERM)
	if code := l.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	<-calling
	if r.Ended != softphone.EndedCallee {
		t.Errorf("the call was ended by the %s, want by us", r.Ended)
	}
	if pid := l.asterisk(); pid != 0 {
		t.Errorf("asterisk (process %d) was left running", pid)
	}
	l.start()
	got := l.call(r.CallID)
	if got.WAV == "" || got.Status == "" {
		t.Fatalf("call ended %s with status %q: what was said is lost", got.ending(), got.Status)
	}
	if c := recording(t, got, said); c.Correlation < 0.98 {
		t.Errorf("what was said is not in the recording: correlation %.3f", c.Correlation)
	}
	l.noNumber(digits...)
}
