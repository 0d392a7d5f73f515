package reconcile

import (
	"cmp"
	"container/heap"
	"slices"
)

// pair says which call of ours explains which line of a carrier's list, by time
// alone: for each line the index of its call, or -1. Both are times in ms,
// ascending, and no pair is further apart than within. No call explains two
// lines, and as few lines as possible are left.
//
// The nearest belong together, so that of two lines the stranger is the one that
// is left. Where that leaves a line that need not be left, because the carrier's
// clock is late by more than calls are apart, the order decides.
func pair(lines, calls []int64, within int64) []int {
	of := slices.Repeat([]int{-1}, len(lines))
	for l, c := 0, 0; l < len(lines) && c < len(calls); {
		// A stretch ends where nothing comes for longer than a pair can be apart.
		fromLine, fromCall, end := l, c, min(lines[l], calls[c])
		for {
			if l < len(lines) && lines[l] <= end+within {
				end = max(end, lines[l])
				l++
			} else if c < len(calls) && calls[c] <= end+within {
				end = max(end, calls[c])
				c++
			} else {
				break
			}
		}
		best, left := nearestFirst(lines[fromLine:l], calls[fromCall:c], within)
		if ordered, fewer := inOrder(lines[fromLine:l], calls[fromCall:c], within); fewer < left {
			best = ordered
		}
		for i, call := range best {
			if call >= 0 {
				of[fromLine+i] = fromCall + call
			}
		}
	}
	return of
}

// inOrder pairs the earliest with the earliest, which leaves as few as possible.
func inOrder(lines, calls []int64, within int64) (of []int, left int) {
	of, left = slices.Repeat([]int{-1}, len(lines)), len(lines)
	for l, c := 0, 0; l < len(lines) && c < len(calls); {
		switch {
		case calls[c] < lines[l]-within:
			c++
		case calls[c] > lines[l]+within:
			l++
		default:
			of[l] = c
			left--
			l++
			c++
		}
	}
	return of, left
}

// nearestFirst pairs the two that are nearest, then the nearest of those that
// remain. They are always neighbours in time.
func nearestFirst(lines, calls []int64, within int64) (of []int, left int) {
	of, left = slices.Repeat([]int{-1}, len(lines)), len(lines)
	all := make([]moment, 0, len(lines)+len(calls))
	for i, at := range calls { // before lines of the same time, the last of which is left then
		all = append(all, moment{at: at, index: i, ours: true})
	}
	for i, at := range lines {
		all = append(all, moment{at: at, index: i})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	var next neighbours
	join := func(a, b int) {
		if a < 0 || b >= len(all) {
			return
		}
		if apart := all[b].at - all[a].at; all[a].ours != all[b].ours && apart <= within {
			heap.Push(&next, neighbour{apart: apart, a: a, b: b})
		}
	}
	for i := range all {
		all[i].before, all[i].after = i-1, i+1
		join(i-1, i)
	}
	for len(next) > 0 {
		n, _ := heap.Pop(&next).(neighbour)
		a, b := &all[n.a], &all[n.b]
		if a.paired || b.paired {
			continue
		}
		a.paired, b.paired = true, true
		if a.ours {
			of[b.index] = a.index
		} else {
			of[a.index] = b.index
		}
		left--
		if a.before >= 0 {
			all[a.before].after = b.after
		}
		if b.after < len(all) {
			all[b.after].before = a.before
		}
		join(a.before, b.after)
	}
	return of, left
}

// moment is a line or a call of ours, among those that are not paired yet.
type moment struct {
	at            int64 // ms
	index         int   // among the lines, or among our calls
	before, after int   // neighbours
	ours, paired  bool
}

// neighbour is a line beside a call, or a call beside a line.
type neighbour struct {
	apart int64 // ms
	a, b  int   // moments, the earlier first
}

// neighbours is a heap: the nearest first, of equals the earliest.
type neighbours []neighbour

func (n neighbours) Len() int      { return len(n) }
func (n neighbours) Swap(i, j int) { n[i], n[j] = n[j], n[i] }
func (n neighbours) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(n[i].apart, n[j].apart), cmp.Compare(n[i].a, n[j].a)) < 0
}

// Push is for package heap.
func (n *neighbours) Push(x any) {
	if one, ok := x.(neighbour); ok {
		*n = append(*n, one)
	}
}

// Pop is for package heap.
func (n *neighbours) Pop() any {
	last := len(*n) - 1
	one := (*n)[last]
	*n = (*n)[:last]
	return one
}
