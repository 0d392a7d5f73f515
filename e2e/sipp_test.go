//go:build e2e || heavy

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"glennline/softphone/audio"
)

// Lines whose callers have time.
const manyConfig = `
lines:
  - name: main
    numbers: ["+32 2 555 01 00"]
    language: fr
    prompts: @DIR@/prompts
    limits: {message: 30s, silence: 8s}
`

// sipp makes calls with a scenario of testdata, all of them within two seconds,
// each from a number of its own.
func (l *line) sipp(scenario string, calls int, said []int16) {
	l.t.Helper()
	l.sippIn(l.t.TempDir(), scenario, calls, said, nil)
}

// sippIn is sipp in a folder, with what gives the callers a second cue where their
// scenario waits for one, and further arguments.
func (l *line) sippIn(dir, scenario string, calls int, said []int16, again <-chan struct{}, more ...string) {
	l.t.Helper()
	steps, err := os.ReadFile(filepath.Join("testdata", scenario))
	if err != nil {
		l.t.Fatal(err)
	}
	deaf := slices.Contains(more, "-t")
	if deaf {
		// Over another transport than UDP it hears nobody but Asterisk. The prompts have 2.4 s.
		steps = bytes.Replace(steps, []byte(`<recv request="INFO" timeout="60000"/>`), []byte(`<pause milliseconds="4500"/>`), 1)
	}
	callers := bytes.NewBufferString("SEQUENTIAL\n")
	for n := range calls {
		fmt.Fprintf(callers, "+324705561%02d;\n", n)
	}
	for name, content := range map[string][]byte{
		scenario:      steps,
		"callers.csv": callers.Bytes(),
		"said.al":     audio.ALaw.Encode(nil, said),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
	for try := 1; ; try++ {
		out, err := l.sippOnce(dir, scenario, calls, deaf, again, more)
		switch {
		case err == nil:
			return
		case try == 3 || !strings.Contains(out, "Unable to bind"):
			l.t.Fatalf("sipp (install sip-tester): %v\n%s", err, out)
		}
		// SIPp called nobody: who else was given its port just then is not of this run.
		l.t.Logf("sipp: %v\n%s", err, out)
	}
}

// sippOnce lets SIPp call with what is in dir, and returns what it says.
func (l *line) sippOnce(dir, scenario string, calls int, deaf bool, again <-chan struct{}, more []string) (string, error) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	host, _, _ := net.SplitHostPort(l.addr)
	port := freePort(l.t)
	media := freeRTP(l.t, 2*calls)
	args := append([]string{
		l.addr, "-sf", scenario, "-inf", "callers.csv", "-s", mainNumber,
		"-i", host, "-mi", host, "-p", fmt.Sprint(port), "-mp", fmt.Sprint(media),
		"-m", fmt.Sprint(calls), "-r", fmt.Sprint(calls), "-rp", "2000", "-l", fmt.Sprint(2 * calls),
		"-nostdin", "-trace_err", "-error_file", "errors.log", "-timeout", "60", "-timeout_error",
		"-rtp_threadtasks", fmt.Sprint(2 * calls), // one thread: SIPp may hang at its end when it has several
	}, more...)
	cmd := exec.CommandContext(ctx, "sipp", args...)
	cmd.Dir = dir
	cued := make(chan error, 1)
	go func() {
		if deaf {
			cued <- nil
			return
		}
		cued <- l.cue(ctx, net.JoinHostPort(host, fmt.Sprint(port)), again)
	}()
	out, err := cmd.CombinedOutput()
	cancel()
	cues := <-cued
	if err != nil {
		faults, _ := os.ReadFile(filepath.Join(dir, "errors.log")) // only for the message
		return string(out) + "\n" + string(faults), err
	}
	if cues != nil {
		l.t.Fatal(cues)
	}
	return "", nil
}
