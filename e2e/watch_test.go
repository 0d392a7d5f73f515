//go:build e2e || heavy

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"glennline/asterisk-conf/pbx"
)

// sighting is a line of `glennline trunk watch --json`.
type sighting struct {
	Trunk     string `json:"trunk"`
	Source    string `json:"source"`
	SIPCallID string `json:"sip_call_id"`
	Caller    string `json:"caller"`
	Dialled   string `json:"dialled"`
	In        string `json:"dialled_in"`
	Line      string `json:"line"`
	Status    int    `json:"status"`
	Why       string `json:"why"`

	Registration pbx.RegistrationStatus `json:"registration"`
}

// watcher is a `glennline trunk watch` that runs.
type watcher struct {
	t    *testing.T
	log  *logBuffer
	mu   sync.Mutex
	saw  []sighting
	text strings.Builder
}

// watch starts it, and ends it with the test.
func (l *line) watch(t *testing.T) *watcher {
	t.Helper()
	w := &watcher{t: t, log: &logBuffer{}}
	cmd := exec.Command(glennline, "trunk", "watch", "--json", "--config", l.config)
	cmd.Stderr = w.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			var s sighting
			err := json.Unmarshal(lines.Bytes(), &s)
			w.mu.Lock()
			if err != nil {
				t.Errorf("%q is no JSON: %v", lines.Text(), err)
			}
			w.saw = append(w.saw, s)
			w.text.WriteString(lines.Text() + "\n")
			w.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("trunk watch ended with %v\n%s", err, w.log.String())
		}
		if t.Failed() {
			t.Logf("trunk watch saw:\n%s%s", w.text.String(), w.log.String())
		}
	})
	waitFor(t, "trunk watch to be connected", func() bool { return strings.Contains(w.log.String(), "watching") })
	return w
}

// see waits for the first call that is as wanted.
func (w *watcher) see(t *testing.T, what string, wanted func(sighting) bool) sighting {
	t.Helper()
	var found sighting
	waitFor(t, "trunk watch to show "+what, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, s := range w.saw {
			if wanted(s) {
				found = s
				return true
			}
		}
		return false
	})
	return found
}

// call is the sighting of a SIP Call-ID.
func (w *watcher) call(t *testing.T, callID string) sighting {
	t.Helper()
	return w.see(t, "call "+callID, func(s sighting) bool { return s.SIPCallID == callID })
}

// registration waits until a trunk's is shown as it is wanted.
func (w *watcher) registration(t *testing.T, trunk string, want pbx.RegistrationStatus, status int) {
	t.Helper()
	w.see(t, fmt.Sprintf("%s %s, %d", trunk, want, status), func(s sighting) bool {
		return s.Trunk == trunk && s.Registration == want && s.Status == status && s.Source != "" && s.SIPCallID == ""
	})
}

// noNumber fails where a number is in what was shown.
func (w *watcher) noNumber(digits ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, number := range digits {
		if strings.Contains(w.text.String()+w.log.String(), number) {
			w.t.Errorf("trunk watch shows the caller's number %s", number)
		}
	}
}
