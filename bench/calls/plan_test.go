package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReadPlan(t *testing.T) {
	t.Setenv("BENCH_CALLS", "-rates 5 -pairs 7")
	p, err := readPlan([]string{"-rates", "10,25"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.rates, []int{10, 25}) || p.pairs != 7 {
		t.Errorf("rates %v, %d pairs; flags win over BENCH_CALLS, which gave 7 pairs", p.rates, p.pairs)
	}
	if got := p.calls(25); got != 400 {
		t.Errorf("25 calls/s for %s are %d calls, want 400", p.place, got)
	}
	if p.limit() < time.Duration(4*7)*p.took() {
		t.Errorf("%s are not enough for 28 runs of %s", p.limit(), p.took())
	}
}

func TestReadPlanWrong(t *testing.T) {
	for _, args := range []string{"-rates 0", "-rates ten", "-rates 10,", "-pairs 0", "-place 0s", "-length 5s", "-length 2m", "now"} {
		if p, err := readPlan(strings.Fields(args)); err == nil {
			t.Errorf("%s: accepted as %+v", args, p)
		}
	}
}
