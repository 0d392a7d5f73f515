package report

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

type lasting struct{ start, end int64 }

// most is the highest number at once by looking at each moment.
func most(calls []lasting, since, now, longest int64) (n int, at int64) {
	for moment := since; moment < 400; moment++ {
		here := 0
		for _, c := range calls {
			end := c.end
			switch {
			case end == 0:
				end = max(min(now, c.start+longest), c.start+1)
			case end <= c.start:
				end = c.start + 1
			}
			if c.start <= moment && moment < end {
				here++
			}
		}
		if here > n {
			n, at = here, moment
		}
	}
	return n, at
}

func TestPeakAgreesWithLooking(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var calls []lasting
		for range random.IntN(30) {
			c := lasting{start: 1 + random.Int64N(250)}
			c.end = c.start + random.Int64N(60) - 3 // some by a clock that was put back
			if random.IntN(10) == 0 {
				c.end = 0
			}
			calls = append(calls, c)
		}
		slices.SortFunc(calls, func(a, b lasting) int { return cmp.Compare(a.start, b.start) })
		since := random.Int64N(2) * random.Int64N(200)
		p := peak{since: since, now: 300, longest: 100}
		for _, c := range calls {
			p.add(c.start, c.end)
		}
		n, at := most(calls, since, 300, 100)
		if p.most != n || n > 0 && p.mostAt != at {
			t.Fatalf("since %d: %d at %d, want %d at %d: %v", since, p.most, p.mostAt, n, at, calls)
		}
	}
}
