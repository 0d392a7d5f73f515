package main

import (
	"bytes"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"glennline/bench/page"
)

// The pages show what the figures beside them say.
func TestPagesShowThePublishedFigures(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	r, err := readReport(published)
	if err != nil {
		t.Fatal(err)
	}
	stale, err := page.Stale(pages, benchmark, r.sections())
	if err != nil {
		t.Error(err)
	}
	for _, name := range stale {
		t.Errorf("%s does not show %s: go run ./bench/calls -publish %s", name, published, published)
	}
}

func TestFill(t *testing.T) {
	r := made()
	r.summarise()
	got, err := page.Fill("<!-- bench-calls: cost -->\nold\n<!-- end -->\n", benchmark, r.sections())
	if err != nil || !strings.Contains(got, "| 10/s of 8 s | glennline | 30.0 (20.0 - 40.0) | 5.00 (2.00 - 8.00) | 1.15 (1.10 - 1.20) |") {
		t.Errorf("%v:\n%s", err, got)
	}
}

func TestReadReportWrong(t *testing.T) {
	for name, content := range map[string]string{"not JSON": "table", "another's JSON": `{"kind": "data"}`} {
		if _, err := readReport(file(t, content)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAims(t *testing.T) {
	r := made()
	r.summarise()
	got := map[string]aim{}
	for _, a := range r.aims() {
		got[a.what] = a
	}
	for what, want := range map[string]struct {
		got   float64
		where string
		met   string
	}{
		"Asterisk and glennline together, times the dialplan alone": {1.25, "50/s of 8 s", "missed by 14%"},
		"glennline, ms of CPU a call":                               {5, "10/s of 8 s", "missed by 150%"},
		"the same, times that at the slowest rate":                  {1, "10/s of 8 s", "met"},
		"the same, times that at the slowest rate of calls as long": {0.3, "50/s of 8 s", "met"},
		"calls lost": {3, "50/s of 8 s", ""},
	} {
		a, ok := got[what]
		if !ok || math.Abs(a.got-want.got) > 1e-9 || a.where != want.where || want.met != "" && a.met() != want.met {
			t.Errorf("%s: %+v %s, want %+v", what, a, a.met(), want)
		}
	}
	if met := got["calls lost"].met(); met == "met" {
		t.Error("calls were lost, and the aim is met")
	}
}

// A load that glennline alone answers is in the tables and in the formula, and
// decides no aim: not even by its lost calls, which make the program fail.
func TestAloneIsNotJudged(t *testing.T) {
	r := made()
	r.summarise()
	want := r.aimsTable()
	for pair := 1; pair <= 2; pair++ {
		r.Samples = append(r.Samples, sample{
			Who: withGlennline, Rate: 8, Length: 45, Alone: true, Pair: pair, Calls: 384, Lost: 1,
			Asterisk: cost{Total: 130}, Glennline: cost{Total: 9}, SIP: placed{ToAnswer: latency{P99: 4}},
		})
	}
	r.summarise()
	if got := r.aimsTable(); got != want {
		t.Errorf("the aims are\n%s\nwithout it they were\n%s", got, want)
	}
	if cost := r.costTable(); strings.Count(cost, "8/s of 45 s") != 1 || !strings.Contains(cost, "| 8/s of 45 s | glennline | 130.0 (130.0 - 130.0) | 9.00 (9.00 - 9.00) |  |  |") {
		t.Errorf("it stands in the costs as\n%s", cost)
	}
	if times := r.timesTable(); strings.Count(times, "8/s of 45 s") != 1 || !strings.Contains(times, "| 2 of 768 |") {
		t.Errorf("it stands in the times as\n%s", times)
	}
	if formula := r.formulaText(); !strings.Contains(formula, "| 8/s of 45 s | 139.0") {
		t.Errorf("the formula is without it:\n%s", formula)
	}
	if err := r.lost(); err == nil || !strings.Contains(err.Error(), "1 of 384 to the glennline at 8/s of 45 s (pair 2)") {
		t.Errorf("its lost calls are told as %v", err)
	}
	r.Samples = r.Samples[len(r.Samples)-2:]
	r.summarise()
	if got := r.aimsTable(); got != noAims {
		t.Errorf("without another load the aims are\n%s", got)
	}
	var b bytes.Buffer
	if err := r.print(&b); err != nil || !strings.Contains(b.String(), noAims) || strings.Contains(b.String(), "0, 0, 0, 0") {
		t.Errorf("%v: on the screen it is\n%s", err, &b)
	}
}

// What many calls cost is told apart from what long ones do.
func TestSlowestOfCallsAsLong(t *testing.T) {
	r := made()
	of := func(rate int, alone bool, glennline float64) sample {
		return sample{Who: withGlennline, Rate: rate, Length: 25, Alone: alone, Pair: 1, Calls: 100, Glennline: cost{Total: glennline}}
	}
	r.Samples = append(r.Samples, of(20, false, 10), of(4, true, 8))
	r.summarise()
	for _, a := range r.aims() {
		if a.what == "the same, times that at the slowest rate of calls as long" && (a.got != 1.25 || a.where != "20/s of 25 s") {
			t.Errorf("%+v, want 10/8 at 20/s of 25 s", a)
		}
	}
}

func TestPublishable(t *testing.T) {
	full := func() *report {
		r := &report{Pairs: fewestPairs}
		r.Machine.Revision = "0123456789ab"
		for _, l := range []sample{{Rate: 10, Length: 8}, {Rate: 25, Length: 8}, {Rate: 50, Length: 8}, {Rate: 20, Length: 25}} {
			l.Who, l.Calls, l.Pair = withGlennline, 100, 1
			r.Samples = append(r.Samples, l)
		}
		return r
	}
	whole := full()
	whole.summarise()
	if err := whole.publishable(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*report){
		"few pairs":       func(r *report) { r.Pairs = 1 },
		"a load less":     func(r *report) { r.Samples = r.Samples[:3] },
		"calls lost":      func(r *report) { r.Samples[0].Lost = 1 },
		"changed since":   func(r *report) { r.Machine.Revision += "-dirty" },
		"of which commit": func(r *report) { r.Machine.Revision = "" },
	} {
		r := full()
		spoil(r)
		r.summarise()
		if err := r.publishable(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A run that was broken off before glennline had its turn has met nothing.
func TestAimsOfWhatWasNotMeasured(t *testing.T) {
	r := made()
	r.Samples = r.Samples[:1] // the dialplan alone
	r.summarise()
	for _, a := range r.aims() {
		if a.met() != notMeasured || a.worst() != "" {
			t.Errorf("%s: %q %s, and nothing was measured", a.what, a.worst(), a.met())
		}
	}
	r = made()
	r.Samples = r.Samples[:3] // one load, no probes
	r.summarise()
	for _, a := range r.aims() {
		switch a.what {
		case "Asterisk and glennline together, times the dialplan alone", "glennline, ms of CPU a call", "calls lost", "recordings short":
			if a.met() == notMeasured {
				t.Errorf("%s: %s", a.what, a.met())
			}
		default:
			if a.met() != notMeasured {
				t.Errorf("%s: %s %s, and nothing was measured", a.what, a.worst(), a.met())
			}
		}
	}
}

// What glennline does for itself meanwhile makes the dialplan's calls no dearer.
func TestTotal(t *testing.T) {
	s := sample{Who: dialplanAlone, Asterisk: cost{Total: 20}, Glennline: cost{Total: 2}}
	if got := s.total(); got != 20 {
		t.Errorf("the dialplan's call costs %v ms, want Asterisk's 20", got)
	}
	s.Who = withGlennline
	if got := s.total(); got != 22 {
		t.Errorf("glennline's call costs %v ms, want 22 of both", got)
	}
}
