package main

import (
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

func TestFit(t *testing.T) {
	load := func(rate int, length, cost float64) summary {
		return summary{Rate: rate, Length: length, Glennline: figures{Total: spread{Median: cost}}}
	}
	f := fitOf([]summary{load(10, 8, 19), load(50, 8, 21), load(20, 25, 54)}, total) // 4 + 2 a second, and 1 around it
	if math.Abs(f.PerCall-4) > 1e-9 || math.Abs(f.PerSecond-2) > 1e-9 || math.Abs(f.Error-1.0/19) > 1e-9 {
		t.Errorf("%+v, want 4 ms and 2 ms a second, wrong by 1 of 19", f)
	}
	if f.Lengths != 2 || f.Longest != 25 {
		t.Errorf("%d lengths up to %.0f s, want 2 up to 25", f.Lengths, f.Longest)
	}
	runs := []summary{load(10, 8, 20), load(20, 25, 54)} // 20 and 54 ms by the line
	runs[0].Glennline.Total, runs[1].Glennline.Total = spread{20, 18, 21}, spread{54, 54, 81}
	if f := fitOf(runs, total); math.Abs(f.Below-0.1) > 1e-9 || math.Abs(f.Above-0.5) > 1e-9 {
		t.Errorf("%+v, want runs from 10%% below to 50%% above", f)
	}
	if rate, atOnce := f.perCore(28); math.Abs(rate-10) > 1e-9 || math.Abs(atOnce-280) > 1e-9 {
		t.Errorf("%.1f calls a second and %.0f at once, want 10 and 280", rate, atOnce)
	}
	if f := fitOf([]summary{load(10, 8, 19), load(50, 8, 21)}, total); f.Error >= 0 {
		t.Errorf("%+v from one length", f)
	}
	f = fitOf([]summary{load(10, 5, 14), load(10, 10, 24), load(10, 20, 44)}, total)
	if math.Abs(f.PerCall-4) > 1e-9 || math.Abs(f.PerSecond-2) > 1e-9 || f.Error > 1e-9 {
		t.Errorf("%+v, want 4 ms and 2 ms a second from three lengths", f)
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
		case "Asterisk and glennline together, times the dialplan alone", "glennline, ms of CPU a call", "calls lost":
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
