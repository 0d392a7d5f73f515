package metrics

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"glennline/petition"
	"glennline/voicemail"
)

// ledger takes everything but what it is told to refuse.
type ledger struct{ err error }

func (l *ledger) Begin(context.Context, petition.Call) error { return nil }

func (l *ledger) End(context.Context, petition.Closing) (*petition.Signature, error) {
	return nil, l.err
}

func (l *ledger) Leave(string) {}

func (l *ledger) Settle(context.Context, petition.Call, petition.Closing) (*petition.Signature, error) {
	return nil, l.err
}

func source() Source {
	return Source{
		Edge:   func() Edge { return Edge{Connected: true, Calls: 2, Failed: map[string]int64{"play": 3}} },
		Ledger: func() Ledger { return Ledger{Database: true, Journal: 4} },
		Figure: func() (petition.Figure, bool) { return petition.Figure{Calls: 7, Counted: 5, Review: 1}, true },
		Witness: func() Witness {
			return Witness{Answered: 9, Fallback: 2, Refused: map[petition.Way]int{petition.WayFullDisk: 1}}
		},
		State:  func() string { return "drain" },
		Free:   func() map[string]uint64 { return map[string]uint64{"data": 42} },
		Trunks: func() map[string]bool { return map[string]bool{"carrier": false} },
	}
}

func TestCalls(t *testing.T) {
	m := New("1.2.3", []string{"main"}, source())
	inner := &ledger{}
	l := m.Ledger(inner)
	arrived := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)
	call := petition.Call{ID: "one", Line: "main", StartedAt: arrived}
	closing := petition.Closing{
		CallID: "one", EndedAt: time.Now(),
		Ending: petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
	}
	if err := l.Begin(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	m.Observe(voicemail.Step{CallID: "one", Kind: voicemail.StepAnswer, At: arrived.Add(20 * time.Millisecond)})
	m.Observe(voicemail.Step{CallID: "one", Kind: voicemail.StepRecord, At: arrived.Add(5 * time.Second)})
	m.Observe(voicemail.Step{CallID: "one", Kind: voicemail.StepRecord, At: arrived.Add(15 * time.Second)}) // asked once more
	inner.err = errors.New("cannot be written")
	if _, err := l.End(t.Context(), closing); err == nil {
		t.Error("the ledger's error is lost")
	}
	inner.err = nil
	// A number that is no line's gets no label of its own.
	if _, err := l.Settle(t.Context(), petition.Call{ID: "two", Line: "any"}, petition.Closing{
		CallID: "two", EndedAt: time.Now(),
		Ending: petition.Ending{Result: petition.ResultRefused, Reason: petition.ReasonUnknownNumber},
	}); err != nil {
		t.Fatal(err)
	}
	m.Repaired("orphan", 1)
	m.Reconciled(map[string]int{"missing": 2}, arrived)
	m.Repaired("orphan", 1)
	m.Reconciled(map[string]int{}, arrived)
	told := get(t, m, "/metrics").Body.String()
	for _, want := range []string{
		`glennline_calls_total{line="main",reason="caller",result="message"} 0`, // the ending was not written
		`glennline_calls_total{line="none",reason="unknown_number",result="refused"} 1`,
		`glennline_answer_seconds_bucket{line="main",le="0.025"} 1`,
		`glennline_answer_seconds_bucket{line="main",le="0.01"} 0`,
		`glennline_beep_seconds_count{line="main"} 1`,
		`glennline_reconcile_repaired_total{kind="orphan"} 2`,
		`glennline_calls_active 2`,
		`glennline_ari_step_errors_total{step="play"} 3`,
		`glennline_journal_entries 4`,
		`glennline_signatures{status="counted"} 5`,
		`glennline_witness_refused_calls{reason="disk"} 1`,
		`glennline_witness_refused_calls{reason="max_calls"} 0`,
		`glennline_state{state="drain"} 1`,
		`glennline_state{state="accept"} 0`,
		`glennline_disk_free_bytes{folder="data"} 42`,
		`glennline_trunk_up{trunk="carrier"} 0`,
		`glennline_build_info{version="1.2.3"} 1`,
	} {
		if !strings.Contains(told, want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(told, "reconcile_findings{") {
		t.Error("a finding that is gone is still told")
	}
}

// The names are as Prometheus would have them.
func TestNames(t *testing.T) {
	m := New("dev", []string{"main"}, source())
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func get(t *testing.T, m *Metrics, path string, checks ...Check) *httptest.ResponseRecorder {
	t.Helper()
	s := &Server{Metrics: m, Ready: func() []Check { return checks }}
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func TestReady(t *testing.T) {
	m := New("dev", nil, source())
	fine, journal, cut := Check{Name: "asterisk", OK: true, Fatal: true}, Check{Name: "ledger"}, Check{Name: "asterisk", Fatal: true}
	for name, test := range map[string]struct {
		checks []Check
		code   int
	}{
		"all well":                           {[]Check{fine}, http.StatusOK},
		"what calls can do without is told":  {[]Check{fine, journal}, http.StatusOK},
		"what they cannot do without counts": {[]Check{journal, cut}, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			w := get(t, m, "/readyz", test.checks...)
			if w.Code != test.code {
				t.Errorf("status %d, want %d", w.Code, test.code)
			}
			var told struct {
				Ready  bool
				Checks []Check
			}
			if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
				t.Fatal(err)
			}
			if told.Ready != (test.code == http.StatusOK) || len(told.Checks) != len(test.checks) {
				t.Errorf("told %+v", told)
			}
		})
	}
	if w := get(t, m, "/debug/pprof/"); w.Code != http.StatusNotFound {
		t.Errorf("profiles are told unasked: %d", w.Code)
	}
}

// Serving ends with its context, without an error.
func TestServe(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	s := &Server{Metrics: New("dev", nil, source())}
	go func() { ended <- s.Serve(ctx, l) }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%d, %v", resp.StatusCode, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
