package main

import "testing"

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}},
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{5, 1, 3}, spread{3, 1, 5}},
		{[]float64{4, 1, 2, 3}, spread{2.5, 1, 4}},
	} {
		if got := spreadOf(test.values); got != test.want {
			t.Errorf("spread of %v is %v, want %v", test.values, got, test.want)
		}
	}
}

func TestLatency(t *testing.T) {
	var ms []float64
	for n := 100; n >= 0; n-- {
		ms = append(ms, float64(n))
	}
	if got, want := latencyOf(ms), (latency{Count: 101, P50: 50, P90: 90, P99: 99, Max: 100}); got != want {
		t.Errorf("latency is %+v, want %+v", got, want)
	}
	if got := latencyOf(nil); got != (latency{}) {
		t.Errorf("latency of nothing is %+v", got)
	}
}
