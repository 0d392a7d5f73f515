package main

import (
	"cmp"
	"math"
	"slices"
)

// fit is what a call costs as a straight line over its length: setting it up,
// keeping it and ending it, and each second of audio both ways.
type fit struct {
	PerCall   float64 // ms
	PerSecond float64 // ms
	// Error is by how much, at most, the line misses what was measured at a
	// load, as a share of that; below 0 if there is no line, because all calls
	// were of one length.
	Error float64
	// Below and Above are by how much single runs lay around the line, as shares
	// of what it says: how well the line can be known from so many runs.
	Below, Above float64
	Lengths      []float64 // of calls that were measured, in seconds, the longest last
	// Continued is by how much the line through the shorter lengths misses the
	// longest one, which it then knows nothing of, as a share of what was
	// measured; 0 where fewer than three lengths were.
	Continued float64
}

// at is the cost of a call in milliseconds of CPU.
func (f fit) at(seconds float64) float64 { return f.PerCall + f.PerSecond*seconds }

// point is what calls of a length, in seconds, cost, in milliseconds.
type point struct{ length, cost float64 }

// fitOf lays the line through the medians of all loads: between the mean of the
// loads of each length, so that three rates of one length do not outweigh the
// only one of another.
func fitOf(loads []summary, of func(figures) spread) fit {
	loads = slices.DeleteFunc(slices.Clone(loads), func(s summary) bool {
		return of(s.Glennline).Median <= 0 // broken off before glennline had its turn
	})
	var points []point
	for _, s := range loads {
		points = append(points, point{s.Length, of(s.Glennline).Median})
	}
	means := meansOf(points)
	if len(means) < 2 { // nothing to lay a line through
		return fit{Error: -1}
	}
	f := lineThrough(means)
	if last := means[len(means)-1]; len(means) > 2 {
		f.Continued = (lineThrough(means[:len(means)-1]).at(last.length) - last.cost) / last.cost
	}
	for _, m := range means {
		f.Lengths = append(f.Lengths, m.length)
	}
	for _, p := range points {
		f.Error = max(f.Error, math.Abs(f.at(p.length)-p.cost)/p.cost)
	}
	for _, s := range loads {
		cost, says := of(s.Glennline), f.at(s.Length)
		f.Below, f.Above = max(f.Below, (says-cost.Min)/says), max(f.Above, (cost.Max-says)/says)
	}
	return f
}

// meansOf are the mean costs by length, the shortest first.
func meansOf(points []point) (means []point) {
	sorted := slices.SortedFunc(slices.Values(points), func(a, b point) int { return cmp.Compare(a.length, b.length) })
	for from := 0; from < len(sorted); {
		to, sum := from, 0.0
		for ; to < len(sorted) && sorted[to].length == sorted[from].length; to++ {
			sum += sorted[to].cost
		}
		means = append(means, point{sorted[from].length, sum / float64(to-from)})
		from = to
	}
	return means
}

// lineThrough lays a line by the least squares of what it misses as shares: long
// calls cost more, and what disturbs a measurement grows with what is measured.
func lineThrough(points []point) fit {
	var n, x, y, xx, xy float64
	for _, p := range points {
		w := 1 / (p.cost * p.cost)
		n, x, y, xx, xy = n+w, x+w*p.length, y+w*p.cost, xx+w*p.length*p.length, xy+w*p.length*p.cost
	}
	var f fit
	f.PerSecond = (n*xy - x*y) / (n*xx - x*x)
	f.PerCall = (y - f.PerSecond*x) / n
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
