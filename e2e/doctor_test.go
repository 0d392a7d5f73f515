//go:build e2e

package e2e

import (
	"encoding/json"
	"testing"

	"glennline/softphone"
)

// doctor on a line that runs, with a call through it, and after its Asterisk
// is gone.
func TestDoctor(t *testing.T) {
	t.Parallel()
	l := up(t, "")
	before := doctorSays(t, l, "--call")
	for _, name := range []string{"configuration", "database", "secret", "asterisk", "line", "ari", "modules", "codecs", "ports", "call", "notice", "recording", "status", "count"} {
		if before[name] != "ok" {
			t.Errorf("%s is %q, want ok", name, before[name])
		}
	}
	// A token of nobody's is a calling number like any other that is none.
	other := l.phone(t, softphone.Script{To: l.uri(mainNumber), From: "doctor-AAAAAAAAAAAAAAAAAAAAAAAAAA", Say: speech(t, 1.7)})
	if got := l.call(other.CallID); got.Status != "counted" || got.CallerClass != "unknown" {
		t.Errorf("a call with a wrong token is %s of class %s, want counted and unknown", got.Status, got.CallerClass)
	}
	l.stop()
	after := doctorSays(t, l)
	if after["asterisk"] != "fault" || after["database"] != "ok" {
		t.Errorf("with asterisk gone: asterisk is %q, database %q, want fault and ok", after["asterisk"], after["database"])
	}
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
