//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	asteriskconf "glennline/asterisk-conf"
	"glennline/softphone"
)

// doctor on a line that runs, with a call through it, and after its Asterisk
// is gone.
func TestDoctor(t *testing.T) {
	t.Parallel()
	l := up(t, "trunks:\n  - {name: carrier, addresses: [127.0.0.2]}\n")
	before := doctorSays(t, l, "--call")
	for _, name := range []string{"configuration", "database", "secret", "asterisk", "line", "ari", "modules", "codecs", "ports", "call", "notice", "recording", "status", "count"} {
		if before[name] != "ok" {
			t.Errorf("%s is %q, want ok", name, before[name])
		}
	}
	// A token of nobody's is a calling number like any other that is none.
	other := callFrom(t, "127.0.0.2", l.uri(mainNumber), "doctor-AAAAAAAAAAAAAAAAAAAAAAAAAA", 1.7)
	if got := l.call(other.CallID); got.Status != "counted" || got.CallerClass != "unknown" {
		t.Errorf("a call with a wrong token is %s of class %s, want counted and unknown", got.Status, got.CallerClass)
	}
	testProbe(t, l)
	l.stop()
	after := doctorSays(t, l)
	if after["asterisk"] != "fault" || after["database"] != "ok" {
		t.Errorf("with asterisk gone: asterisk is %q, database %q, want fault and ok", after["asterisk"], after["database"])
	}
}

// The way of doctor's test calls is open for them alone, and only while glennline is
// there to know them.
func testProbe(t *testing.T, l *line) {
	t.Helper()
	before := len(l.calls())
	refused := func(from, number string, want int) {
		t.Helper()
		if r := callFrom(t, from, l.uri(mainNumber), number, 1); r.Status != want || r.AnswerTime != 0 {
			t.Errorf("a call from %s as %q: %d, want %d", from, number, r.Status, want)
		}
	}
	const wrongToken = "doctor-AAAAAAAAAAAAAAAAAAAAAAAAAA"
	refused("127.0.0.1", wrongToken, 401)
	refused(asteriskconf.ProbeAddress("127.0.0.1"), nextCaller(t), 403)
	refused(asteriskconf.ProbeAddress("127.0.0.1"), "doctor", 404)
	refused(asteriskconf.ProbeAddress("127.0.0.1"), wrongToken, 404)
	l.kill()
	refused(asteriskconf.ProbeAddress("127.0.0.1"), wrongToken, 503)
	notes, err := os.ReadDir(filepath.Join(l.dir, "data", "asterisk", "spool", "recording", "fallback"))
	if err != nil || len(notes) > 0 {
		t.Errorf("the dialplan took it by itself: %v, %v", notes, err)
	}
	l.start()
	if after := len(l.calls()); after != before {
		t.Errorf("%d calls in the ledger, want the %d from before", after, before)
	}
}

// callFrom calls from an address of ours and says something.
func callFrom(t *testing.T, host, to, from string, seconds float64) softphone.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	r, err := softphone.Call(ctx, softphone.Config{BindHost: host}, softphone.Script{To: to, From: from, Say: speech(t, seconds)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// doctorSays runs doctor and returns the worst state of each check.
func doctorSays(t *testing.T, l *line, flags ...string) map[string]string {
	t.Helper()
	out, errs, code := l.run(append([]string{"doctor", "--json"}, flags...)...)
	var report struct {
		State  string
		Checks []struct{ Name, State, Found, Do string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("doctor --json: %v in %s (%s)", err, out, errs)
	}
	if want := map[string]int{"ok": 0, "warning": 1, "fault": 3}[report.State]; code != want {
		t.Errorf("exit code %d for %s, want %d", code, report.State, want)
	}
	rank := map[string]int{"": 0, "ok": 1, "warning": 2, "fault": 3}
	states := map[string]string{}
	for _, c := range report.Checks {
		if rank[c.State] > rank[states[c.Name]] {
			states[c.Name] = c.State
		}
		if c.State != "ok" {
			t.Logf("%s %s: %s → %s", c.State, c.Name, c.Found, c.Do)
			if c.Do == "" {
				t.Errorf("%s says %q and not what to do", c.Name, c.Found)
			}
		}
	}
	return states
}
