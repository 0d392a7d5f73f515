package main

import (
	"cmp"
	"math"
	"slices"
)

// fit is what a call costs as a straight line over its length: setting it up,
// keeping it and ending it, and each second of audio both ways.
type fit struct {
	PerCall   float64 `json:"ms_per_call"`
	PerSecond float64 `json:"ms_per_second_of_call"`
	// Error is by how much, at most, the line misses what was measured at a
	// load, as a share of that; below 0 if there is no line, because all calls
	// were of one length.
	Error float64 `json:"largest_error"`
	// Below and Above are by how much single runs lay around the line, as shares
	// of what it says: how well the line can be known from so many runs.
	Below, Above float64
	Lengths      int     // of calls that were measured
	Longest      float64 // of them, in seconds
}

// at is the cost of a call in milliseconds of CPU.
func (f fit) at(seconds float64) float64 { return f.PerCall + f.PerSecond*seconds }

// fitOf lays the line through the medians of all loads: between the mean of the
// loads of each length by least squares, so that three rates of one length do
// not outweigh the only one of another.
func fitOf(loads []summary, of func(figures) spread) fit {
	type point struct{ length, cost float64 }
	var points []point
	for _, s := range loads {
		points = append(points, point{s.Length, of(s.Glennline).Median})
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.length, b.length) })
	var means []point
	for from := 0; from < len(points); {
		to, sum := from, 0.0
		for ; to < len(points) && points[to].length == points[from].length; to++ {
			sum += points[to].cost
		}
		means = append(means, point{points[from].length, sum / float64(to-from)})
		from = to
	}
	if len(means) < 2 { // nothing to lay a line through
		return fit{Error: -1}
	}
	var n, x, y, xx, xy float64
	for _, m := range means {
		n, x, y, xx, xy = n+1, x+m.length, y+m.cost, xx+m.length*m.length, xy+m.length*m.cost
	}
	f := fit{Lengths: len(means), Longest: means[len(means)-1].length}
	f.PerSecond = (n*xy - x*y) / (n*xx - x*x)
	f.PerCall = (y - f.PerSecond*x) / n
	for _, p := range points {
		if p.cost > 0 {
			f.Error = max(f.Error, math.Abs(f.at(p.length)-p.cost)/p.cost)
		}
	}
	for _, s := range loads {
		cost, says := of(s.Glennline), f.at(s.Length)
		f.Below, f.Above = max(f.Below, (says-cost.Min)/says), max(f.Above, (cost.Max-says)/says)
	}
	return f
}

// planned is how much of a core is planned with: the rest is for the second in
// which twice as many call as in the one before, and for everything else that
// a machine does.
const planned = 0.6

// perCore is how many calls a second, and how many at once, a core carries.
func (f fit) perCore(seconds float64) (rate, atOnce float64) {
	if rate = planned * 1000 / f.at(seconds); f.at(seconds) <= 0 {
		rate = 0
	}
	return rate, rate * seconds
}
