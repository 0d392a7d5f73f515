//go:build e2e

package e2e

import (
	"syscall"
	"testing"

	"glennline/softphone"
)

// Killed while no call is in progress, glennline leaves its Asterisk behind; the
// next one keeps it.
func TestAsteriskIsKeptWhenGlennlineIsKilled(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	before := l.asterisk()
	if before == 0 {
		t.Fatal("no asterisk runs")
	}
	l.kill()
	if l.asterisk() != before {
		t.Fatal("asterisk did not outlive glennline")
	}
	l.start()
	if after := l.asterisk(); after != before {
		t.Errorf("asterisk is process %d, want the one that was there, %d", after, before)
	}
	l.takesAMessage(t)
	l.stop()
	if pid := l.asterisk(); pid != 0 {
		t.Errorf("asterisk (process %d) outlived a glennline that ended as told", pid)
	}
	l.noNumber(digits...)
	l.quiet("Web ?[sS]ocket") // the killed one's
}

func TestAsteriskIsStartedAgainWhenItIsKilled(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	l.takesAMessage(t)
	before := l.asterisk()
	connected := l.logged("connected to asterisk")
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "glennline to be connected to another asterisk", func() bool {
		return l.logged("connected to asterisk") > connected
	})
	if after := l.asterisk(); after == before || after == 0 {
		t.Errorf("asterisk is process %d after %d was killed", after, before)
	}
	l.knock(t) // until it is told that glennline is there, Asterisk answers by itself
	l.takesAMessage(t)
	l.noNumber(digits...)
	l.quiet("asterisk died", "socket to asterisk lost, connecting again", "asterisk cannot be reached", "asterisk could not be told")
}

// takesAMessage calls the line and checks that the message is stored.
func (l *line) takesAMessage(t *testing.T) record {
	t.Helper()
	// Whoever says the very same again is a duplicate.
	said := speech(t, 4)[int(l.taken.Add(1))*rate/2:][:3*rate/2]
	got := l.want(t, l.phone(t, softphone.Script{Say: said}), "message/caller", "counted")
	if c := recording(t, got, said); c.Correlation < 0.98 {
		t.Errorf("the message is not in the recording: correlation %.3f", c.Correlation)
	}
	return got
}
