package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

func TestLost(t *testing.T) {
	for name, test := range map[string]struct {
		call    call
		stored  float64 // s
		faults  []fault
		missing float64 // s
		told    bool
	}{
		"whole":                        {call{answered: at(0), bye: at(10)}, 7.6, nil, 0, true},
		"half of it is gone":           {call{answered: at(0), bye: at(10)}, 3.6, nil, 4, true},
		"nothing was recorded":         {call{answered: at(0), bye: at(10)}, 0, nil, 7.6, true},
		"hung up during the notice":    {call{answered: at(0), bye: at(2)}, 0, nil, 0, false},
		"hung up by us":                {call{answered: at(0)}, 5, nil, 0, false},
		"glennline killed before it":   {call{answered: at(9), bye: at(19)}, 0, []fault{{killGlennline, at(8), at(10)}}, 0, false},
		"glennline killed during it":   {call{answered: at(0), bye: at(10)}, 7.6, []fault{{killGlennline, at(5), at(7)}}, 0, true},
		"glennline killed long before": {call{answered: at(9), bye: at(19)}, 7.6, []fault{{killGlennline, at(1), at(2)}}, 0, true},
		"Asterisk killed during it":    {call{answered: at(0), bye: at(10)}, 2.5, []fault{{killAsterisk, at(7), at(7)}}, 0, true},
		"Asterisk killed, all is gone": {call{answered: at(0), bye: at(10)}, 0, []fault{{killAsterisk, at(9), at(9)}}, 4.5, true},
		"Asterisk stopped during it":   {call{answered: at(0), bye: at(10)}, 5, []fault{{stopAsterisk, at(7), at(8)}}, 0, false},
	} {
		missing, told := lost(test.call, row{Seconds: test.stored}, test.faults)
		if told != test.told || told && (missing.Seconds()-test.missing > 0.01 || test.missing-missing.Seconds() > 0.01) {
			t.Errorf("%s: %.2f s missing, told %v; want %.2f, %v", name, missing.Seconds(), told, test.missing, test.told)
		}
	}
}

func TestParseLog(t *testing.T) {
	moment, event, id, err := parseLog("2026-11-22\t14:34:31.386865\t1795358071.386865 answered torture-1-2@127.0.0.1\n")
	if err != nil || event != "answered" || id != "torture-1-2@127.0.0.1" || moment.Sub(time.UnixMicro(1795358071386865)).Abs() > time.Millisecond {
		t.Errorf("%v %q %q, %v", moment, event, id, err)
	}
	for _, bad := range []string{"", "answered x", "2026 soon answered x"} {
		if _, _, _, err := parseLog(bad); err == nil {
			t.Errorf("%q was taken for a line of the log", bad)
		}
	}
}

func TestUnaccounted(t *testing.T) {
	ended := func(result, reason string) row {
		var r row
		r.Ending = &struct {
			Result string `json:"result"`
			Reason string `json:"reason"`
		}{result, reason}
		return r
	}
	gone := ended("message", "caller")
	gone.WAV = "/nowhere/at/all.wav"
	for name, test := range map[string]struct {
		row   row
		known bool
		fine  bool
	}{
		"no row":           {row{}, false, false},
		"open":             {row{}, true, false},
		"refused":          {ended("refused", "unknown_number"), true, false},
		"never answered":   {ended("hung_up", "before_answer"), true, false},
		"recording gone":   {gone, true, false},
		"hung up early":    {ended("hung_up", "early"), true, true},
		"died with it all": {ended("failed", "abandoned"), true, true},
	} {
		if why := unaccounted(test.row, test.known); (why == "") != test.fine {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// The same seed chooses the same faults.
func TestSeed(t *testing.T) {
	a, b := rand.New(rand.NewPCG(7, 7)), rand.New(rand.NewPCG(7, 7))
	seen := map[faultKind]bool{}
	for range 200 {
		x, y := choose(a), choose(b)
		if x != y {
			t.Fatalf("%s and %s of one seed", x, y)
		}
		seen[x] = true
	}
	if len(seen) != len(weights) {
		t.Errorf("only %v of 200", seen)
	}
}
