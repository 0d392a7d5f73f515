package main

import (
	"path/filepath"
	"strings"
	"testing"

	"glennline/bench/page"
)

// The page shows what the figures beside it say.
func TestPageShowsThePublishedFigures(t *testing.T) {
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
		t.Errorf("%s does not show %s: go run ./bench/data -publish %s", name, published, published)
	}
}

func one(seconds, beside, peak float64) row {
	all := func(v float64) spread { return spread{v, v, v} }
	r := row{Name: "export", Aim: "2 times", Seconds: all(seconds), CPU: all(seconds), PeakMiB: all(peak), Beside: all(beside), Ratio: all(seconds / beside)}
	r.Met = aim{ratio: 2}.met(seconds, seconds/beside)
	return r
}

func TestAimsAreJudged(t *testing.T) {
	for want, r := range map[string]row{
		"2 times; met":            one(2, 1, 50),
		"2 times; missed by 1%":   one(2.02, 1, 50),
		"2 times; missed by 100%": one(4, 1, 50),
	} {
		if cells := r.cells(); cells[len(cells)-1] != want {
			t.Errorf("%v, want %q at last", cells, want)
		}
	}
	if got := (aim{seconds: 0.05}).met(0.06, 0); got != "missed by 20%" {
		t.Errorf("60 ms of 50: %s", got)
	}
	r := report{Rows: []row{one(1, 1, 95), one(1, 1, 96)}}
	if got := r.memory(); !strings.Contains(got, "missed by") {
		t.Errorf("96 MiB are more than 100 MB: %s", got)
	}
	r.Rows = r.Rows[:1]
	if got := r.memory(); !strings.HasSuffix(got, "; met.") {
		t.Errorf("95 MiB are less than 100 MB: %s", got)
	}
}

func TestFill(t *testing.T) {
	r := report{Signatures: 7, Rows: []row{one(3, 1, 50)}}
	text, err := page.Fill("before\n<!-- bench-data: waiting -->\nold\n<!-- end -->\nafter\n", benchmark, r.sections())
	if err != nil || strings.Contains(text, "old") || !strings.Contains(text, "| export | 3 (3 - 3) |") ||
		!strings.Contains(text, "; met.\n<!-- end -->\nafter\n") {
		t.Errorf("%v:\n%s", err, text)
	}
}

func TestWhatWasBrokenOffIsNotPublished(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.json")
	r := report{Signatures: 7, BrokenOff: "interrupted", Rows: []row{one(3, 1, 50)}}
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := publish(path); err == nil || !strings.Contains(err.Error(), "broken off: interrupted") {
		t.Errorf("published with %v", err)
	}
}

func TestReadPlanWrong(t *testing.T) {
	for _, args := range []string{"-signatures 0", "-runs 0", "now", "-signatures many", "-unknown", "-runs"} {
		if p, err := readPlan(strings.Fields(args)); err == nil {
			t.Errorf("%s: accepted as %+v", args, p)
		}
	}
}

// A command that ends well and did nothing is no measurement.
func TestDid(t *testing.T) {
	for _, c := range contests {
		if c.says == "" || c.did("", 7) || c.did("nothing to do", 7) || c.did("8 counted, 8  counted", 7) && strings.Contains(c.says, "N") {
			t.Errorf("%s did its work by saying nothing: %q", c.name, c.says)
		}
		if c.beside == "" {
			t.Errorf("nothing stands beside %s", c.name)
		}
	}
	if c := contests[0]; !c.did("9 signatures in export.csv: 7 counted, 2 blank", 7) {
		t.Errorf("%s did its work and is not believed: %q", c.name, c.says)
	}
}
