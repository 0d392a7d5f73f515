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
	long := load{Rate: 20, Length: 25 * time.Second}
	if want := []load{{Rate: 10, Length: 9 * time.Second}, {Rate: 25, Length: 9 * time.Second}, long}; !slices.Equal(p.loads, want) || p.pairs != 7 {
		t.Errorf("loads %v, want %v; %d pairs, want 7", p.loads, want, p.pairs)
	}
	if got := p.calls(p.loads[1]); got != 25*12 {
		t.Errorf("25 calls/s of 9 s for %s are %d calls, want 300", p.placing(p.loads[1]), got)
	}
	if got := long.atOnce(); got != 500 || p.placing(long) <= long.Length || p.atOnce() <= got {
		t.Errorf("%d calls at once, want 500; placed for %s; room for %d", got, p.placing(long), p.atOnce())
	}
	var all time.Duration // a run of each
	for _, l := range p.loads {
		all += l.took(p.placing(l))
	}
	if p.limit() < time.Duration(7*len(contestants))*all {
		t.Errorf("%s are not enough for %s of runs", p.limit(), p.all())
	}
}

// What is measured where nothing is said: four loads for the aims, and one of a
// third length that glennline alone answers. It is lighter than the heaviest of
// them, and takes eight minutes.
func TestDefaultLoads(t *testing.T) {
	p, err := readPlan(nil)
	if err != nil {
		t.Fatal(err)
	}
	last := len(p.loads) - 1
	third := p.loads[last]
	if third != (load{Rate: 8, Length: 45 * time.Second, Alone: true}) || !slices.Equal(third.turns(2), []contestant{withGlennline}) {
		t.Errorf("%s, answered by %v; want 8 of 45 s by glennline alone", third, third.turns(2))
	}
	judged := p.loads[:last-1]
	if slow, fast := p.loads[last-1], judged[len(judged)-1]; !slow.Alone || slow.Length != fast.Length || slow.Rate >= fast.Rate {
		t.Errorf("%s, want as long as %s and slower", slow, fast)
	}
	for _, l := range judged {
		if l.Alone || len(l.turns(1)) != len(contestants) || l.Length >= third.Length {
			t.Errorf("%s, answered by %v; want shorter ones by everybody", l, l.turns(1))
		}
	}
	if heaviest := judged[len(judged)-1]; third.atOnce() >= heaviest.atOnce() {
		t.Errorf("%d calls at once of %s, want less than %d of %s", third.atOnce(), third, heaviest.atOnce(), heaviest)
	}
	p.profile = false // it has runs of its own
	without := p
	without.loads = p.loads[:last]
	if more := p.all() - without.all(); more > 8*time.Minute {
		t.Errorf("%s more with %s", more, third)
	}
}

// Each contestant has each place in the order.
func TestTurns(t *testing.T) {
	for place := range contestants {
		seen := map[contestant]bool{}
		for pair := 1; pair <= len(contestants); pair++ {
			seen[load{}.turns(pair)[place]] = true
		}
		if len(seen) != len(contestants) {
			t.Errorf("place %d: %v", place, seen)
		}
	}
}

func TestReadPlanWrong(t *testing.T) {
	for _, args := range []string{"-rates 0", "-rates ten", "-rates 10,", "-pairs 0", "-place 0s", "-length 5s", "-length 2m", "now", "-rates 10x", "-rates 10x4s", "-rates 10xlong", "-rates x8s", "-rates 10,10x8s", "-rates 10,10:glennline", "-rates 10:", "-rates 10:dialplan", "-rates 8x45s:voicemail", "-rates :glennline", "-unknown", "-pairs", "-rates 50 -place 4m", "-rates 500x60s"} {
		if p, err := readPlan(strings.Fields(args)); err == nil {
			t.Errorf("%s: accepted as %+v", args, p)
		}
	}
}
