//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"glennline/softphone/audio"
)

const manyConfig = `
lines:
  - name: main
    numbers: ["+32 2 555 01 00"]
    language: fr
    prompts: @DIR@/prompts
    limits: {message: 30s, silence: 8s}
`

// A number that was on television: a hundred calls within two seconds. None is
// lost, and what each of them said is in its recording.
func TestHundredCallsWithinTwoSeconds(t *testing.T) {
	const calls = 100
	l := upFor(t, 2*calls, manyConfig)
	said := speech(t, 2.5)
	l.sipp("message.xml", calls, said)

	ids := make(map[string]bool)
	for _, r := range l.ended(calls) {
		ids[r.ID] = true
		// They all say the same, so most recordings are equal to the sample.
		if r.ending() != "message/caller" || r.Status != "counted" && r.Reason != "same_audio" {
			t.Errorf("call %s ended %s with status %q (%s), want message/caller with counted", r.ID, r.ending(), r.Status, r.Reason)
			continue
		}
		if c := recording(t, r, said); c.Correlation < 0.95 || c.Covered < 0.99 {
			t.Errorf("call %s: %.0f%% of what was said is in the recording, with a correlation of %.3f", r.ID, 100*c.Covered, c.Correlation)
		}
	}
	if len(ids) != calls {
		t.Errorf("%d calls have %d ids", calls, len(ids))
	}
	l.noNumber("4705561", "Delvaux") // in every caller's number, in every form, and the name
	l.quiet()
}

// sipp makes calls with a scenario of testdata, all of them within two seconds,
// each from a number of its own.
func (l *line) sipp(scenario string, calls int, said []int16) {
	l.t.Helper()
	l.sippIn(l.t.TempDir(), scenario, calls, said, 0)
}

// sippIn is sipp in a folder, with the length of the scenario's pauses that have
// none of their own.
func (l *line) sippIn(dir, scenario string, calls int, said []int16, pause time.Duration) {
	l.t.Helper()
	scenario, err := filepath.Abs(filepath.Join("testdata", scenario))
	if err != nil {
		l.t.Fatal(err)
	}
	callers := bytes.NewBufferString("SEQUENTIAL\n")
	for n := range calls {
		fmt.Fprintf(callers, "+324705561%02d;\n", n)
	}
	for name, content := range map[string][]byte{
		"callers.csv": callers.Bytes(),
		"said.al":     audio.ALaw.Encode(nil, said),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	host, _, _ := net.SplitHostPort(l.addr)
	media := freeRTP(2 * calls)
	cmd := exec.CommandContext(ctx, "sipp", l.addr, "-sf", scenario, "-inf", "callers.csv", "-s", mainNumber,
		"-i", host, "-mi", host, "-p", fmt.Sprint(freePort(l.t)), "-mp", fmt.Sprint(media),
		"-m", fmt.Sprint(calls), "-r", fmt.Sprint(calls), "-rp", "2000", "-l", fmt.Sprint(2*calls),
		"-d", fmt.Sprint(pause.Milliseconds()), "-nostdin", "-trace_err", "-error_file", "errors.log", "-timeout", "60", "-timeout_error",
		"-rtp_threadtasks", fmt.Sprint(2*calls)) // one thread: SIPp may hang at its end when it has several
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		faults, _ := os.ReadFile(filepath.Join(dir, "errors.log")) // only for the message
		l.t.Fatalf("sipp (install sip-tester): %v\n%s\n%s", err, out, faults)
	}
}
