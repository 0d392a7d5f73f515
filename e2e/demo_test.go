//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"glennline/asterisk-conf/pbx"
	"glennline/voicemail/wav"
)

// The demo as an ordinary user runs it, in a folder with a space in its name
// that is named from where the user stands.
func TestDemo(t *testing.T) {
	t.Parallel()
	in, err := pbx.Find("")
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(tempDir(t), "a home")
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, glennline, "demo", "--data", "my data")
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "TMPDIR=/tmp", "GLENNLINE_ASTERISK="+in.Binary)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody(t, home)}
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("demo: %v\n%s%s", err, out.String(), errs.String())
	}
	if errs.Len() > 0 {
		t.Errorf("a demo without faults warns of something:\n%s", errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	m := regexp.MustCompile(`^signature ([0-9A-HJKMNP-TV-Z]{26}) stored: (/.+)$`).FindStringSubmatch(lines[len(lines)-1])
	if m == nil {
		t.Fatalf("the last line names no signature:\n%s", out.String())
	}
	if !strings.HasPrefix(m[2], filepath.Join(home, "my data")+"/") || !strings.HasSuffix(m[2], m[1]+".wav") {
		t.Errorf("the recording is %s, want it below the folder and named after the signature", m[2])
	}
	voice, err := wav.Read(m[2])
	if err != nil {
		t.Fatal(err)
	}
	if said := wav.Measure(voice.Samples, voice.Rate); said.SpeechSeconds < 1 {
		t.Errorf("the recording has %.1f s of speech", said.SpeechSeconds)
	}
	for _, step := range []string{"ring", "answer", "notice", "heard the beep", "recording", "hung up", "signature"} {
		if !strings.Contains(out.String(), step) {
			t.Errorf("the demo does not show %q:\n%s", step, out.String())
		}
	}
	if left := running(t, home); left != "" {
		t.Errorf("left running: %s", left)
	}
}

// running is the command line of a process that names the folder, "" if there
// is none.
func running(t *testing.T, folder string) string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		command, err := os.ReadFile(path)
		if err == nil && bytes.Contains(command, []byte(folder)) {
			return strings.ReplaceAll(string(command), "\x00", " ")
		}
	}
	return ""
}
