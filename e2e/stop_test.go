//go:build e2e

package e2e

import (
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
