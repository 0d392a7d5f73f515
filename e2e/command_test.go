//go:build e2e

package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// `glennline call` is a caller: what it prints and how it ends can be relied on.
func testCallCommand(t *testing.T, l *line) {
	say := filepath.Join(t.TempDir(), "say.wav")
	said := speech(t, 1.7)
	writeWAV(t, say, said)
	out, errs, code := l.run("call", l.uri(mainNumber), "--say", say, "--from", nextCaller(t), "--json")
	if code != 0 || errs != "" {
		t.Fatalf("call: exit code %d: %s", code, errs)
	}
	var report struct {
		SIPCallID  string   `json:"sip_call_id"`
		Status     int      `json:"status"`
		AnswerTime *float64 `json:"answer_seconds"`
		Beep       *float64 `json:"beep"`
		SpokenTo   *float64 `json:"spoken_to"`
		Heard      float64  `json:"heard_seconds"`
		Ended      string   `json:"ended"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("call --json: %v in %s", err, out)
	}
	if report.Status != 200 || report.Ended != "caller" || report.AnswerTime == nil || report.Beep == nil || report.SpokenTo == nil || report.Heard < 2 {
		t.Errorf("call --json reports %s", out)
	}
	got := l.call(report.SIPCallID)
	if got.ending() != "message/caller" || got.Status != "counted" {
		t.Errorf("call ended %s with status %q, want message/caller with counted", got.ending(), got.Status)
	}
	if c := recording(t, got, said); c.Correlation < 0.98 {
		t.Errorf("what call said is not in the recording: correlation %.3f", c.Correlation)
	}

	// What is left unsaid is no success.
	for want, args := range map[string][]string{
		"the call was not answered": {"call", l.uri("+3225550199"), "--say", say, "--from", nextCaller(t)},
		"no beep was heard":         {"call", l.uri(mainNumber), "--say", say, "--from", nextCaller(t), "--hangup-after", "300ms"},
	} {
		_, errs, code := l.run(args...)
		if code != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit code %d, want 1 and %q\n%s", args, code, want, errs)
		}
	}
}
