package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
)

func TestSideFigures(t *testing.T) {
	var all []petition.KPI
	for _, typed := range [][5]string{ // name, value, baseline, goal, day; in the order of name and day
		{"answer", "Resolution adopted", "", "an answer", "2026-11-01"},
		{"engagements", "909", "95", "", "2026-05-01"},
		{"engagements", "20000", "", "950", "2026-10-01"},
		{"engagements", "41839", "", "", "2026-11-01"},
		{"engagements", "50000", "", "", "2026-11-23"}, // to come
		{"help line", "+12%", "116000", "15%", "2026-11-01"},
		{"nothing before", "5", "0", "-3", "2026-11-01"},
		{"nearly", "99999", "", "100000", "2026-11-01"},
		{"supporters", "37758", "", "25000", "2026-11-01"},
		{"twice", "0.3", "0.1", "0.3", "2026-11-01"},
	} {
		k, err := petition.NewKPI(typed[0], typed[1], typed[2], typed[3], typed[4], "x")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, k)
	}
	got := make(map[string][]string)
	for _, k := range sideFigures(all, time.Date(2026, 11, 22, 23, 0, 0, 0, zoneOf(t, "Europe/Brussels"))) {
		lines := append([]string{k.told()}, k.compared()...)
		for _, b := range k.Before {
			lines = append(append(lines, "before "+b.told()), b.compared()...)
		}
		got[k.Name] = lines
	}
	want := map[string][]string{
		"answer": {"Resolution adopted (quoted, not computed; 2026-11-01)", "goal an answer (not compared: only numbers are)"},
		"engagements": {
			"41,839 (given; 2026-11-01)", "goal 950: 4,404% of the goal (computed)", "baseline 95: 440 times the baseline (computed)",
			"before 909 (given; 2026-05-01)", "baseline 95: 9.5 times the baseline (computed)",
			"before 20,000 (given; 2026-10-01)", "goal 950: 2,105% of the goal (computed)", "baseline 95: 210 times the baseline (computed)",
		},
		"help line": {
			"+12% (quoted, not computed; 2026-11-01)", "goal 15% (not compared: only numbers are)",
			"baseline 116,000 (not compared: only numbers are)",
		},
		"nearly": {"99,999 (given; 2026-11-01)", "goal 100,000: 99% of the goal (computed)"},
		"nothing before": {
			"5 (given; 2026-11-01)", "goal -3 (not compared: it is not above 0)", "baseline 0 (not compared: it is not above 0)",
		},
		"supporters": {"37,758 (given; 2026-11-01)", "goal 25,000: 151% of the goal (computed)"},
		"twice":      {"0.3 (given; 2026-11-01)", "goal 0.3: 100% of the goal (computed)", "baseline 0.1: 3.0 times the baseline (computed)"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWords(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := number(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for text, want := range map[string]string{"128000000": "128,000,000", "-1234.50": "-1,234.50", "0.125": "0.125", "-0.5": "-0.5"} {
		if got := figure(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 94: "94", 104: "100", 947: "950", 56762: "57,000", 99600: "100,000"} {
		if got := about(n); got != want {
			t.Errorf("about %d: %s, want %s", n, got, want)
		}
	}
}
