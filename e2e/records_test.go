//go:build e2e || heavy

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// record is a line of `glennline list --json`.
type record struct {
	ID          string    `json:"id"`
	StartedAt   time.Time `json:"started_at"`
	Line        string    `json:"line"`
	Dialled     string    `json:"dialled"`
	CallerClass string    `json:"caller_class"`
	Ending      struct {
		Result string `json:"result"`
		Reason string `json:"reason"`
	} `json:"ending"`
	Status    string  `json:"status"`
	Reason    string  `json:"status_reason"`
	Seconds   float64 `json:"seconds"`
	WAV       string  `json:"wav"`
	SIPCallID string  `json:"sip_call_id"`
}

func (r record) ending() string { return r.Ending.Result + "/" + r.Ending.Reason }

// calls is every call in the ledger. Each asking is a process, so tests that ask
// at the same time share one.
func (l *line) calls() []record {
	l.t.Helper()
	asked := time.Now()
	l.asking.Lock()
	defer l.asking.Unlock()
	if l.askedAt.After(asked) {
		return l.answer
	}
	l.askedAt = time.Now()
	out, errs, code := l.run("list", "--calls", "--json")
	if code != 0 {
		l.t.Fatalf("list --calls --json: exit %d: %s", code, errs)
	}
	l.answer = nil
	dec := json.NewDecoder(strings.NewReader(out))
	for dec.More() {
		var r record
		if err := dec.Decode(&r); err != nil {
			l.t.Fatalf("list --calls --json is no JSON: %v\n%s", err, out)
		}
		l.answer = append(l.answer, r)
	}
	return l.answer
}

// ended waits until n calls have ended and gives them.
func (l *line) ended(n int) []record {
	l.t.Helper()
	var rows []record
	waitFor(l.t, fmt.Sprintf("%d ended calls", n), func() bool {
		rows = nil
		for _, r := range l.calls() {
			if r.Ending.Result != "" {
				rows = append(rows, r)
			}
		}
		return len(rows) >= n
	})
	if len(rows) != n {
		l.t.Fatalf("%d calls ended, want %d", len(rows), n)
	}
	return rows
}

// call is the ended call with a SIP Call-ID.
func (l *line) call(sipCallID string) record {
	l.t.Helper()
	var found record
	waitFor(l.t, "the call's ending in the ledger", func() bool {
		for _, r := range l.calls() {
			if r.SIPCallID == sipCallID && r.Ending.Result != "" {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

// agrees waits until reconcile finds nothing to do.
func (l *line) agrees(t *testing.T) {
	t.Helper()
	out, errs := "", ""
	waitFor(t, "reconcile to find that all agree", func() bool {
		code := 0
		out, errs, code = l.run("reconcile", "--verify-hashes")
		return code == 0 && !strings.Contains(out, "may still be alive")
	})
	t.Logf("reconcile: %s%s", out, errs)
}
