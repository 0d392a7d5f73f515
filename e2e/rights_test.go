//go:build e2e

package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glennline/softphone"
)

// about runs a command about the person with a number, which it reads from its
// standard input.
func (l *line) about(number string, args ...string) (out string, code int) {
	l.t.Helper()
	cmd := exec.Command(glennline, append(append([]string{"subject"}, args...), "--config", l.config)...)
	cmd.Stdin = strings.NewReader(number + "\n")
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		l.t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// Somebody calls, and again under another secret, and is erased while the line
// is in use: no byte of theirs is left anywhere, and nobody else is touched.
func TestErasedWhileTheLineIsInUse(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	anna, bert := nextCaller(t), nextCaller(t)
	said := speech(t, 7)
	first := l.want(t, l.phone(t, softphone.Script{From: anna, Say: said[:2*rate]}), "message/caller", "counted")
	other := l.want(t, l.phone(t, softphone.Script{From: bert, Say: said[2*rate : 4*rate]}), "message/caller", "counted")

	if out, errs, code := l.run("secret", "rotate"); code != 0 || !strings.Contains(out, "restart it now") {
		t.Fatalf("secret rotate: exit %d: %s%s", code, out, errs)
	}
	l.stop()
	l.start()
	speaking := make(chan softphone.Report)
	go func() { speaking <- l.phone(t, softphone.Script{From: anna, Say: said[4*rate : 7*rate]}) }()
	waitFor(t, "the call under the new secret", func() bool { return len(l.calls()) == 3 })
	if out, code := l.about(anna, "erase", "--apply"); code != 1 || !strings.Contains(out, "1 in progress") || !strings.Contains(out, "nothing was changed") {
		t.Errorf("in the midst of a call: exit %d: %s", code, out)
	}
	again := l.want(t, <-speaking, "message/caller", "duplicate")

	if out, code := l.about(anna, "show"); code != 0 || !strings.Contains(out, "2 calls, 2 recordings") || strings.Contains(out, anna) {
		t.Errorf("show: exit %d: %s", code, out)
	}
	var voices [][]byte
	for _, r := range []record{first, again, other} {
		raw, err := os.ReadFile(r.WAV)
		if err != nil {
			t.Fatal(err)
		}
		voices = append(voices, raw[len(raw)/2:len(raw)/2+400])
	}
	if out, code := l.about(anna, "erase", "--apply"); code != 0 || !strings.Contains(out, "2 removed below") {
		t.Errorf("erase: exit %d: %s", code, out)
	}
	for i, want := range []int{0, 0, 1} {
		if n := l.filesWith(voices[i]); n != want {
			t.Errorf("voice %d is in %d files, want %d", i, n, want)
		}
	}
	for id, want := range map[string]int{first.SIPCallID: 0, again.SIPCallID: 0, other.SIPCallID: 1} {
		if n := l.filesWith([]byte(id)); n != want {
			t.Errorf("the Call-ID %s is in %d files, want %d", id, n, want)
		}
	}
	if out, code := l.about(anna, "show"); code != 0 || !strings.Contains(out, "nothing is stored about this person") {
		t.Errorf("show: exit %d: %s", code, out)
	}
	for _, command := range [][]string{{"count", "--verify"}, {"audit", "verify"}, {"reconcile"}} {
		if out, errs, code := l.run(command...); code != 0 {
			t.Errorf("%s: exit %d: %s%s", command, code, out, errs)
		}
	}
	// Whoever was erased and calls again is like anybody who calls first.
	l.want(t, l.phone(t, softphone.Script{From: anna, Say: said[rate : 3*rate]}), "message/caller", "counted")
	l.noNumber(strings.TrimPrefix(anna, "+32"), strings.TrimPrefix(bert, "+32"))
	l.quiet()
}

// filesWith is how many files of the data folder hold the bytes.
func (l *line) filesWith(needle []byte) (n int) {
	l.t.Helper()
	err := filepath.WalkDir(filepath.Join(l.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, needle) {
			n++
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}
