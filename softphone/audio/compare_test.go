package audio

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func scaled(samples []int16, db float64) []int16 {
	out := make([]int16, len(samples))
	for i, s := range samples {
		out[i] = int16(math.Round(float64(s) * math.Pow(10, db/20)))
	}
	return out
}

func TestCompare(t *testing.T) {
	said := voice(1, 130, -8, samplesOf(3*time.Second))
	line := overTheLine(ALaw, said)
	at := samplesOf(time.Second)
	holed := join(line)
	clear(holed[at : at+samplesOf(60*ms)])
	late := silence(480 * ms)

	tests := []struct {
		name     string
		recorded []int16
		want     Comparison
		within   Comparison // how far each may be off
	}{
		{"as it was said", line, Comparison{Covered: 1, Correlation: 1}, Comparison{}},
		{"later", join(late, line, late), Comparison{Offset: len(late), Covered: 1, Correlation: 1}, Comparison{}},
		{"in noise before it", join(noise(2, -3, len(late)), line), Comparison{Offset: len(late), Covered: 1, Correlation: 1}, Comparison{}},
		{
			"softly behind loud noise", join(noise(3, -1, 2*len(line)), scaled(line, -30)),
			Comparison{Offset: 2 * len(line), Covered: 1, Correlation: 1, LevelDB: -30},
			Comparison{},
		},
		{"softer", scaled(line, -3), Comparison{Covered: 1, Correlation: 1, LevelDB: -3}, Comparison{}},
		{"beginning missing", line[at:], Comparison{Offset: -at, Covered: 2. / 3, Correlation: 1}, Comparison{}},
		{"end missing", line[:at], Comparison{Covered: 1. / 3, Correlation: 1}, Comparison{}},
		{
			"hole", holed,
			Comparison{Covered: 1, Correlation: 0.99, LongestGap: 60 * ms},
			Comparison{Correlation: 0.02, LevelDB: 0.3, LongestGap: 10 * ms},
		},
		{
			"a packet dropped", join(line[:at], line[at+160:]),
			Comparison{Offset: -160, Covered: 1, Correlation: 0.7, MaxShift: 20 * ms},
			Comparison{Correlation: 0.3, Covered: 0.01, LevelDB: 0.3, LongestGap: 80 * ms},
		},
		{
			"a packet twice", join(line[:at], line[at-160:]),
			Comparison{Offset: 160, Covered: 1, Correlation: 0.7, MaxShift: 20 * ms},
			Comparison{Correlation: 0.3, Covered: 0.01, LevelDB: 0.3, LongestGap: 80 * ms},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Compare(said, tt.recorded, Rate)
			if got.Offset != tt.want.Offset ||
				math.Abs(got.Covered-tt.want.Covered) > tt.within.Covered+0.001 ||
				math.Abs(got.Correlation-tt.want.Correlation) > tt.within.Correlation+0.001 ||
				math.Abs(got.LevelDB-tt.want.LevelDB) > tt.within.LevelDB+0.05 ||
				(got.LongestGap-tt.want.LongestGap).Abs() > tt.within.LongestGap ||
				got.MaxShift != tt.want.MaxShift {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestCompareFindsNothing(t *testing.T) {
	said := voice(1, 130, -8, samplesOf(2*time.Second))
	others := map[string][]int16{
		"another voice": voice(9, 210, -8, samplesOf(2*time.Second)),
		"noise":         noise(4, -10, samplesOf(2*time.Second)),
		"silence":       silence(time.Second),
		"nothing":       nil,
	}
	for name, recorded := range others {
		if got := Compare(said, recorded, Rate); got.Correlation > 0.4 {
			t.Errorf("%s: correlation %.2f", name, got.Correlation)
		}
	}
	for _, sent := range [][]int16{nil, {0}, silence(time.Second)} {
		for _, recorded := range [][]int16{nil, {1}, said} {
			if got := Compare(sent, recorded, Rate); got != (Comparison{}) {
				t.Errorf("nothing sent: %+v", got)
			}
		}
	}
	if got := Compare([]int16{1}, nil, Rate); got != (Comparison{}) {
		t.Errorf("nothing recorded: %+v", got)
	}
}

func TestCorrelateAgreesWithItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		a, b := noise(r.Uint64(), 0, 1+r.IntN(40)), noise(r.Uint64(), 0, 1+r.IntN(40))
		got := correlate(a, b)
		if len(got) != len(a)+len(b)-1 {
			t.Fatalf("%d lags, want %d", len(got), len(a)+len(b)-1)
		}
		for k := range got {
			lag, want := k-(len(a)-1), 0.0
			for i := range a {
				if j := i + lag; j >= 0 && j < len(b) {
					want += float64(a[i]) * float64(b[j])
				}
			}
			if math.Abs(got[k]-want) > 1 { // of 1e9 and more
				t.Fatalf("lengths %d and %d, lag %d: %f, want %f", len(a), len(b), lag, got[k], want)
			}
		}
	}
}
