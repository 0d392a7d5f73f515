package reconcile

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPair(t *testing.T) {
	for name, tt := range map[string]struct{ lines, calls, want []int64 }{
		"nothing":                     {nil, []int64{1}, []int64{}},
		"the nearest":                 {[]int64{10, 13}, []int64{13}, []int64{-1, 0}},
		"the nearest of calls":        {[]int64{13}, []int64{10, 12, 20}, []int64{1}},
		"as far as can be":            {[]int64{0, 31}, []int64{10, 42}, []int64{0, -1}},
		"equal":                       {[]int64{5, 5, 5}, []int64{5, 5}, []int64{1, 0, -1}},
		"a clock that is late":        {[]int64{6, 12, 18}, []int64{0, 6, 12}, []int64{0, 1, 2}},
		"late there, a stranger here": {[]int64{6, 12, 100, 103}, []int64{0, 6, 103}, []int64{0, 1, -1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int64
			for _, c := range pair(tt.lines, tt.calls, 10) {
				got = append(got, int64(c))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// No call is given twice, none too far, and as many lines as can be have one.
func TestPairAsManyAsPossible(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	times := func() []int64 {
		at := make([]int64, random.IntN(12))
		for i := range at {
			at[i] = random.Int64N(60)
		}
		slices.Sort(at)
		return at
	}
	for range 2000 {
		lines, calls := times(), times()
		of := pair(lines, calls, 10)
		left, used := 0, map[int]bool{}
		for i, c := range of {
			if c < 0 {
				left++
				continue
			}
			if used[c] || max(lines[i]-calls[c], calls[c]-lines[i]) > 10 {
				t.Fatalf("lines %v, calls %v: %v", lines, calls, of)
			}
			used[c] = true
		}
		if want := len(lines) - most(lines, calls); left != want {
			t.Fatalf("lines %v, calls %v: %v leaves %d, want %d", lines, calls, of, left, want)
		}
	}
}

// most is how many lines can have a call, by augmenting paths.
func most(lines, calls []int64) (n int) {
	owner := make(map[int]int)
	var place func(l int, seen map[int]bool) bool
	place = func(l int, seen map[int]bool) bool {
		for c, at := range calls {
			if max(at-lines[l], lines[l]-at) > 10 || seen[c] {
				continue
			}
			seen[c] = true
			if other, taken := owner[c]; !taken || place(other, seen) {
				owner[c] = l
				return true
			}
		}
		return false
	}
	for l := range lines {
		if place(l, map[int]bool{}) {
			n++
		}
	}
	return n
}
