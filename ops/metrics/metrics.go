// Package metrics tells Prometheus, and whoever asks for it over HTTP, how the
// line does. Labels have few values, all known beforehand: lines of the
// configuration, endings, statuses, steps. No caller is among them.
package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"glennline/petition"
	"glennline/voicemail"
)

const namespace = "glennline"

// Metrics are what is counted as it happens. What is only looked at when
// somebody asks comes from a Source.
type Metrics struct {
	registry *prometheus.Registry
	lines    map[string]bool

	calls    *prometheus.CounterVec
	answer   *prometheus.HistogramVec
	beep     *prometheus.HistogramVec
	commit   *prometheus.HistogramVec
	findings *prometheus.GaugeVec
	repaired *prometheus.CounterVec
	checked  prometheus.Gauge

	mu   sync.Mutex
	open map[string]*timing // calls in progress, by id
}

// timing is a call in progress.
type timing struct {
	line     string
	arrived  time.Time
	answered time.Time // zero before, and again once the beep is over
}

// New makes the metrics of a line of that version with those lines. All that
// can be counted is there from the beginning, as 0, so that a rate over the
// first call is one.
func New(version string, lines []string, src Source) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), lines: map[string]bool{}, open: map[string]*timing{}}
	for _, line := range lines {
		m.lines[line] = true
	}
	m.calls = counter("calls_total", "Calls that ended, by what came of them and why they stopped there.", "line", "result", "reason")
	m.answer = histogram("answer_seconds", "From the call's arrival in Asterisk to its answer, with line.ring_for.",
		[]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30})
	m.beep = histogram("beep_seconds", "From the answer to the end of the beep.",
		[]float64{1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60})
	m.commit = histogram("commit_seconds", "From the end of the call to its ending on disk, in the database or the journal.",
		[]float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30})
	m.findings = gauge("reconcile_findings", "Disagreements between ledger, files and Asterisk's records that the last look left, by their name.", "kind")
	m.repaired = counter("reconcile_repaired_total", "Disagreements that were repaired, by their name; orphan: calls that the dialplan answered by itself.", "kind")
	m.checked = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "reconcile_last_success_timestamp_seconds",
		Help: "When ledger, files and Asterisk's records were last compared to the end; 0 for never.",
	})
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.calls, m.answer, m.beep, m.commit, m.findings, m.repaired, m.checked, build,
		&pulled{src},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, line := range lines {
		m.answer.WithLabelValues(line)
		m.beep.WithLabelValues(line)
		m.commit.WithLabelValues(line)
		for _, e := range usual {
			m.calls.WithLabelValues(line, string(e.Result), string(e.Reason))
		}
	}
	return m
}

// usual are the endings of calls that go well.
var usual = []petition.Ending{
	{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
	{Result: petition.ResultMessage, Reason: petition.ReasonSilence},
	{Result: petition.ResultMessage, Reason: petition.ReasonLength},
	{Result: petition.ResultSilent, Reason: petition.ReasonCaller},
	{Result: petition.ResultHungUp, Reason: petition.ReasonBeforeAnswer},
	{Result: petition.ResultHungUp, Reason: petition.ReasonDuringNotice},
	{Result: petition.ResultHungUp, Reason: petition.ReasonDuringBeep},
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, []string{"line"})
}

// Repaired takes how often a look repaired a disagreement.
func (m *Metrics) Repaired(kind string, n int) { m.repaired.WithLabelValues(kind).Add(float64(n)) }

// Reconciled takes what a look at everything left, by the names of the
// disagreements. Those that are not left any more go back to 0.
func (m *Metrics) Reconciled(left map[string]int, at time.Time) {
	m.findings.Reset()
	for kind, n := range left {
		m.findings.WithLabelValues(kind).Set(float64(n))
	}
	m.checked.Set(float64(at.Unix()))
}

// Observe takes a step of a call; see voicemail.Script.
func (m *Metrics) Observe(s voicemail.Step) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.open[s.CallID]
	if t == nil {
		return
	}
	switch s.Kind {
	case voicemail.StepAnswer:
		m.answer.WithLabelValues(t.line).Observe(s.At.Sub(t.arrived).Seconds())
		t.answered = s.At
	case voicemail.StepRecord:
		if !t.answered.IsZero() {
			m.beep.WithLabelValues(t.line).Observe(s.At.Sub(t.answered).Seconds())
			t.answered = time.Time{} // once: it may be asked once more
		}
	default: // no time of these is told
	}
}

// label is a line as a label: of numbers that are no line's, anybody may dial
// any amount.
func (m *Metrics) label(line string) string {
	if m.lines[line] {
		return line
	}
	return "none"
}
