//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Two clients of one application would take the calls from each other for ever:
// the first one ends, with an exit code of its own, and its Asterisk with it.
func TestTheFirstEndsWhenAnotherTakesOver(t *testing.T) {
	t.Parallel()
	first := up(t, callsConfig)
	etc := filepath.Join(first.dir, "data", "asterisk", "etc")
	second := newLine(t, tempDir(t), fmt.Sprintf("ari: {url: \"http://127.0.0.1:%s/ari\", password_file: @DIR@/password}\nspool: %s\n%s",
		setting(t, etc, "http.conf", "bindport"), filepath.Join(first.dir, "data", "asterisk", "spool", "recording"), callsConfig))
	if err := os.WriteFile(filepath.Join(second.dir, "password"), []byte(setting(t, etc, "ari.conf", "password")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	second.args = []string{"serve"}
	second.launch() // what it takes over is about to end

	if code := first.exit(); code != 6 {
		t.Errorf("the first ended with exit code %d, want 6", code)
	}
	if pid := first.asterisk(); pid != 0 {
		t.Errorf("asterisk (process %d) outlived the first", pid)
	}
	if first.logged("glennline: another glennline took over the application") != 1 {
		t.Errorf("the first does not say why it ended")
	}
	first.noNumber(digits...)
}

// exit waits for the end of the program and gives its exit code.
func (l *line) exit() int {
	l.t.Helper()
	select {
	case err := <-l.done:
		l.cmd = nil
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode()
		}
		if err != nil {
			l.t.Fatal(err)
		}
		return 0
	case <-time.After(deadline):
		l.t.Fatalf("glennline did not end within %s", deadline)
		return -1
	}
}
