package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// What is repeated is the last step before the answer, as often as its cost is
// divided by; or it is repeated by the application, within one visit.
func TestRungs(t *testing.T) {
	answer := []string{"Answer()", "Hangup()"}
	numbers := map[string]bool{dialplanNumber: true, voicemailNumber: true, lineNumber: true}
	for _, r := range rungs {
		if numbers[r.number] || r.name.number() != r.number {
			t.Errorf("%s: dialled by %s, which is taken", r.name, r.number)
		}
		numbers[r.number] = true
		got := r.dialplan(answer)
		if !slices.Equal(got[len(got)-2:], answer) {
			t.Errorf("%s does not end as the dialplan alone does: %q", r.name, got)
		}
		taken := 0
		for _, step := range got {
			if step == r.steps[len(r.steps)-1] {
				taken++
			}
		}
		if slices.Contains(inTheApplication, r.name) {
			taken *= len(repeat(r.name, order{}))
		}
		if taken != r.times {
			t.Errorf("%s: taken %d times and divided by %d", r.name, taken, r.times)
		}
	}
	if rungOf(dialplanAlone) != nil || rungOf(withGlennline) != nil {
		t.Error("a contestant is taken for a rung")
	}
	if who := ladder(); len(who) != len(rungs)+1 || who[0] != dialplanAlone {
		t.Errorf("the ladder is %v", who)
	}
}

// The cost of a step is above the dialplan of the same pair.
func TestStepsReport(t *testing.T) {
	r := &stepsReport{Pairs: 3, Load: "25 calls/s of 8s"}
	g := rungs[0] // 100 times
	for pair, alone := range []float64{10, 20, 15} {
		for who, ms := range map[contestant]float64{dialplanAlone: alone, g.name: alone + float64(pair)} {
			r.Samples = append(r.Samples, sample{Who: who, Pair: pair + 1, Asterisk: cost{Total: ms}})
		}
	}
	if got, want := r.each(g), (spread{Median: 0.01, Min: 0, Max: 0.02}); got != want {
		t.Errorf("each %+v, want %+v", got, want)
	}
	var out bytes.Buffer
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"15.0 (10.0 - 20.0)", g.what + " ", "0.010 (0.000 - 0.020)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}

func TestStepsPlan(t *testing.T) {
	p, err := readPlan([]string{"-steps"})
	if err != nil || len(p.loads) != 1 || p.loads[0].Rate != 25 {
		t.Errorf("%+v, %v: want one rate", p.loads, err)
	}
	if runs := p.pairs + 1; p.all() != p.loads[0].took(p.placing(p.loads[0]))*8*6 || runs != 6 {
		t.Errorf("%s for 8 ways in turn, 5 times and once to warm up", p.all())
	}
	if p, err := readPlan([]string{"-steps", "-rates", "50x9s"}); err != nil || p.loads[0].Rate != 50 {
		t.Errorf("%+v, %v: want 50 of 9 s", p.loads, err)
	}
	for _, rates := range []string{"10,25", "10:glennline"} {
		if _, err := readPlan([]string{"-steps", "-rates", rates}); err == nil || !strings.Contains(err.Error(), "one rate") {
			t.Errorf("-rates %s: %v", rates, err)
		}
	}
}
