package report

import (
	"container/heap"
	"time"
)

// peak finds the highest number of calls at once, from calls in the order of
// their arrival. A call takes its place from its arrival to its end, the moment
// of the end not included. What is kept are the ends of the calls that last:
// as many as there are at once.
type peak struct {
	ends    ends
	since   int64 // unix milliseconds, as all here: from when on it counts
	now     int64 // when calls without an end were last seen
	longest int64 // that a call can last: one without an end was not seen to its end
	most    int
	mostAt  int64
}

// add takes the next call; end is 0 while it lasts.
func (p *peak) add(start, end int64) {
	switch {
	case end == 0:
		end = max(min(p.now, start+p.longest), start+1)
	case end <= start:
		end = start + 1 // a clock was put back under it; it was there
	}
	if end <= p.since {
		return
	}
	at := max(start, p.since)
	for len(p.ends) > 0 && p.ends[0] <= at {
		heap.Pop(&p.ends)
	}
	heap.Push(&p.ends, end)
	if len(p.ends) > p.most {
		p.most, p.mostAt = len(p.ends), at
	}
}

// found is the peak, nil without a call.
func (p *peak) found() *Peak {
	if p.most == 0 {
		return nil
	}
	return &Peak{p.most, time.UnixMilli(p.mostAt).UTC()}
}

// ends is a heap of ends, the earliest first.
type ends []int64

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i] < e[j] }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *ends) Push(end any)      { *e = append(*e, end.(int64)) }
func (e *ends) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}
