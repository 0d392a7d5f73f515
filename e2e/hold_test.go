//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

// A caller who puts the call on hold in the middle of the message, as a second
// call on a mobile telephone does, is recorded to the end, whatever becomes of
// glennline meanwhile.
func TestHoldInTheMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		held   func(*line)
		ending string
	}{
		"all is well":                  {func(*line) { time.Sleep(6 * time.Second) }, "message/caller"},
		"glennline killed and started": {func(l *line) { l.kill(); l.start() }, "message/caller"},
		"glennline killed":             {func(l *line) { l.kill(); time.Sleep(6 * time.Second) }, "message/abandoned"},
		"glennline stopped": {func(l *line) {
			l.signal(syscall.SIGSTOP)
			time.Sleep(4 * time.Second)
			l.signal(syscall.SIGCONT)
		}, "message/caller"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A start may take longer than most callers hold.
			l := up(t, strings.ReplaceAll(manyConfig, "{message: 30s, silence: 8s}", "{message: 90s, silence: 30s}"))
			l.holds(t, c.held)
			if l.cmd == nil {
				l.start()
			}
			l.wantHeld(t, c.ending)
			if name == "all is well" {
				l.quiet()
			}
		})
	}
}

// Asterisk's connections to glennline are cut while the caller holds.
func TestHoldWhileTheSocketIsCut(t *testing.T) {
	t.Parallel()
	s, l := serve(t)
	l.reconfigure("{message: 6s, silence: 2s}", "{message: 30s, silence: 8s}")
	cut := newRelay(t, l, s)
	l.start()
	l.holds(t, func(l *line) {
		connected := l.logged("connected to asterisk")
		cut()
		waitFor(t, "glennline to be connected again", func() bool { return l.logged("connected to asterisk") > connected })
	})
	l.wantHeld(t, "message/caller")
}

// heldMessage is what is said before the hold, and again after it.
func heldMessage(t *testing.T) []int16 { return speech(t, 1.5) }

// holds makes a call with a hold in its message, in which something happens.
func (l *line) holds(t *testing.T, held func(*line)) {
	t.Helper()
	dir := t.TempDir()
	over, again := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		l.sippIn(dir, "hold.xml", 1, heldMessage(t), again)
	}()
	waitFor(t, "the hold", func() bool {
		_, err := os.Stat(filepath.Join(dir, "held"))
		return err == nil
	})
	held(l)
	close(again)
	<-over
}

// wantHeld checks that one call became one signature with what was said before
// the hold and after it.
func (l *line) wantHeld(t *testing.T, ending string) {
	t.Helper()
	got := l.ended(1)[0]
	if got.ending() != ending || got.Status != "counted" {
		t.Fatalf("call ended %s with status %q, want %s with counted", got.ending(), got.Status, ending)
	}
	recorded, err := wav.Read(got.WAV)
	if err != nil {
		t.Fatal(err)
	}
	// The first is said as soon as the recording has begun, the second at its end.
	said, middle := heldMessage(t), len(recorded.Samples)/2
	first := audio.Compare(said, recorded.Samples[:middle], rate)
	second := audio.Compare(said, recorded.Samples[middle:], rate)
	if first.Correlation < 0.95 || first.Covered < 0.99 || second.Correlation < 0.95 || second.Covered < 0.99 {
		t.Errorf("before the hold %.0f%% of what was said is there with a correlation of %.3f, after it %.0f%% with %.3f",
			100*first.Covered, first.Correlation, 100*second.Covered, second.Correlation)
	}
	l.agrees(t)
	l.noNumber("4705561", "Delvaux")
}
