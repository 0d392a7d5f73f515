//go:build heavy

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"glennline/softphone"
)

// peer is the path of a program that others wrote; scripts/get-peers fetches it.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", ".cache", "peers", "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is missing: run scripts/get-peers (%v)", name, err)
	}
	return path
}

// launched is a program that runs beside the test.
type launched struct {
	cmd  *exec.Cmd
	log  *logBuffer
	done chan struct{}
}

// launchPeer starts a program of others, and ends it, with all that it started,
// at the latest with the test.
func launchPeer(t *testing.T, name string, args ...string) *launched {
	t.Helper()
	l := &launched{cmd: exec.Command(peer(t, name), args...), log: &logBuffer{}, done: make(chan struct{})} //nolint:noctx // ended below
	l.cmd.Stdout, l.cmd.Stderr = l.log, l.log
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(l.done)
		_ = l.cmd.Wait() // killed, as a rule
	}()
	t.Cleanup(func() {
		l.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, l.log.String())
		}
	})
	return l
}

// kill is kill -9 for all of its processes.
func (l *launched) kill() {
	_ = syscall.Kill(-l.cmd.Process.Pid, syscall.SIGKILL) // none are left
	<-l.done
}

var served atomic.Int32

// serves fails where the next call is not answered, recorded and counted.
func (l *line) serves(t *testing.T, number, from string) {
	t.Helper()
	said := speech(t, 1.2+0.05*float64(served.Add(1)%40)) // not what another said
	r, err := softphone.Call(t.Context(), softphone.Config{BindHost: from}, softphone.Script{To: l.uri(number), From: nextCaller(t), Say: said})
	if err != nil {
		t.Fatal(err)
	}
	got := l.want(t, r, "message/caller", "counted")
	if c := recording(t, got, said); c.Correlation < 0.98 {
		t.Errorf("the next call's message is not in its recording: correlation %.3f", c.Correlation)
	}
}

// writeFilled writes a file of testdata into a folder, with values put in.
func writeFilled(t *testing.T, from, to string, values ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", from))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte(strings.NewReplacer(values...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
}
