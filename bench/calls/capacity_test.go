package main

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// costing is a load whose calls cost so many milliseconds with glennline.
func costing(rate int, length, cost float64) summary {
	return summary{Rate: rate, Length: length, Glennline: figures{Total: spread{cost, cost, cost}}}
}

func TestFit(t *testing.T) {
	f := fitOf([]summary{costing(10, 8, 19), costing(50, 8, 21), costing(20, 25, 54)}, total) // 4 + 2 a second, and 1 around it
	if math.Abs(f.PerCall-4) > 1e-9 || math.Abs(f.PerSecond-2) > 1e-9 || math.Abs(f.Error-1.0/19) > 1e-9 {
		t.Errorf("%+v, want 4 ms and 2 ms a second, wrong by 1 of 19", f)
	}
	if !slices.Equal(f.Lengths, []float64{8, 25}) {
		t.Errorf("lengths of %v s, want 8 and 25", f.Lengths)
	}
	runs := []summary{costing(10, 8, 20), costing(20, 25, 54)} // 20 and 54 ms by the line
	runs[0].Glennline.Total, runs[1].Glennline.Total = spread{20, 18, 21}, spread{54, 54, 81}
	if f := fitOf(runs, total); math.Abs(f.Below-0.1) > 1e-9 || math.Abs(f.Above-0.5) > 1e-9 {
		t.Errorf("%+v, want runs from 10%% below to 50%% above", f)
	}
	if rate, atOnce := f.perCore(28); math.Abs(rate-10) > 1e-9 || math.Abs(atOnce-280) > 1e-9 {
		t.Errorf("%.1f calls a second and %.0f at once, want 10 and 280", rate, atOnce)
	}
	if f := fitOf([]summary{costing(10, 8, 19), costing(50, 8, 21)}, total); f.Error >= 0 {
		t.Errorf("%+v from one length", f)
	}
	broken := append(runs, costing(8, 45, 0)) // broken off before glennline had its turn there
	if got, want := fitOf(broken, total), fitOf(runs, total); !slices.Equal(got.Lengths, want.Lengths) || got.Below != want.Below {
		t.Errorf("%+v with a load that was not measured, want %+v", got, want)
	}
}

func TestFitOfThreeLengths(t *testing.T) {
	f := fitOf([]summary{costing(10, 20, 44), costing(10, 5, 14), costing(10, 10, 24)}, total)
	if math.Abs(f.PerCall-4) > 1e-9 || math.Abs(f.PerSecond-2) > 1e-9 || f.Error > 1e-9 || math.Abs(f.Continued) > 1e-9 {
		t.Errorf("%+v, want 4 ms and 2 ms a second from three lengths", f)
	}
	// Calls of 40 s would cost 84 ms by the shorter ones: 5% more than 80.
	f = fitOf([]summary{costing(10, 5, 14), costing(10, 10, 24), costing(10, 40, 80)}, total)
	if math.Abs(f.Continued-0.05) > 1e-9 || f.Error <= 0 || f.Error >= 0.05 {
		t.Errorf("%+v, want a continuation that misses by +5%%, and a line that misses by less", f)
	}
	if got := f.at(40); got <= 80 || got >= 84 {
		t.Errorf("%.1f ms for 40 s, want it between what was measured, 80, and the continuation, 84", got)
	}
	// A line misses by shares: 1 of 10 counts for as much as 10 of 100.
	f = lineThrough([]point{{1, 11}, {1, 9}, {10, 110}, {10, 90}})
	if below, above := f.at(1)/10, f.at(10)/100; math.Abs(below-above) > 1e-9 {
		t.Errorf("%.3f of the mean of short calls and %.3f of that of long ones, want the same", below, above)
	}
}

// What is said of the formula must be true of what was measured.
func TestFormulaText(t *testing.T) {
	r := &report{Summary: []summary{costing(10, 8, 20), costing(20, 25, 54)}}
	two := r.formulaText()
	r.Summary = append(r.Summary, costing(8, 45, 80))
	three := r.formulaText()
	for text, want := range map[string][2]string{
		two:   {"through two lengths there is always a line", "For calls of more than 25 s it is a continuation of what was measured."},
		three: {"a line through calls of 8, 25 and 45 s", "continued from the calls of up to 25 s alone, it would miss those of 45 s by +18%."},
	} {
		for _, one := range want {
			if !strings.Contains(text, one) {
				t.Errorf("%q is not in:\n%s", one, text)
			}
		}
	}
	if strings.Contains(three, "two lengths") || strings.Contains(two, "alone") || !strings.Contains(three, "| 8/s of 45 s | 80.0") {
		t.Errorf("of two lengths:\n%s\n\nof three:\n%s", two, three)
	}
	r.Summary = r.Summary[:1]
	if got := r.formulaText(); got != "All calls were of one length: there is no formula." {
		t.Errorf("of one length: %s", got)
	}
}
