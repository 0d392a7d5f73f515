package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReadPlan(t *testing.T) {
	p, err := readPlan(strings.Fields("-rates 10,25,20x25s -length 9s -pairs 7"))
	if err != nil {
		t.Fatal(err)
	}
	long := load{20, 25 * time.Second}
	if want := []load{{10, 9 * time.Second}, {25, 9 * time.Second}, long}; !slices.Equal(p.loads, want) || p.pairs != 7 {
		t.Errorf("loads %v, want %v; %d pairs, want 7", p.loads, want, p.pairs)
	}
	if got := p.calls(p.loads[1]); got != 25*12 {
		t.Errorf("25 calls/s of 9 s for %s are %d calls, want 300", p.placing(p.loads[1]), got)
	}
	if got := long.atOnce(); got != 500 || p.placing(long) <= long.Length || p.atOnce() <= got {
		t.Errorf("%d calls at once, want 500; placed for %s; room for %d", got, p.placing(long), p.atOnce())
	}
	if p.limit() < time.Duration(7*len(contestants))*(p.took(p.loads[0])+p.took(p.loads[1])+p.took(long)) {
		t.Errorf("%s are not enough for %s of runs", p.limit(), p.all())
	}
}

// Each contestant has each place in the order.
func TestTurns(t *testing.T) {
	for place := range contestants {
		seen := map[contestant]bool{}
		for pair := 1; pair <= len(contestants); pair++ {
			seen[turns(pair)[place]] = true
		}
		if len(seen) != len(contestants) {
			t.Errorf("place %d: %v", place, seen)
		}
	}
}

func TestReadPlanWrong(t *testing.T) {
	for _, args := range []string{"-rates 0", "-rates ten", "-rates 10,", "-pairs 0", "-place 0s", "-length 5s", "-length 2m", "now", "-rates 10x", "-rates 10x4s", "-rates 10xlong", "-rates x8s", "-rates 10,10x8s", "-unknown", "-pairs"} {
		if p, err := readPlan(strings.Fields(args)); err == nil {
			t.Errorf("%s: accepted as %+v", args, p)
		}
	}
}
