package main

import (
	"sync/atomic"
	"time"

	"glennline/ops/watch"
)

const (
	// shownBehind is how many calls may wait for whoever reads the output: a few MiB.
	shownBehind = 10_000
	// shownWithin is how long, once told to end, calls that wait are still printed for.
	shownWithin = 500 * time.Millisecond
)

// shown prints calls beside those who tell of them, so that an output that nobody
// reads, as that of a pager that shows its first page, holds nothing up.
type shown struct {
	calls chan watch.Call
	ended chan struct{} // closed when there will be no more calls
	over  chan struct{} // closed when nothing is printed any more
	err   error         // why, once it is over; nil if all was printed
	lost  atomic.Int64  // calls that found no room, of which was not told yet
}

// newShown prints until close. missed says how many calls were not printed because
// nobody read the output for too long; failed is called when that takes no more.
func newShown(print func(watch.Call) error, missed func(calls int64), failed func()) *shown {
	s := &shown{calls: make(chan watch.Call, shownBehind), ended: make(chan struct{}), over: make(chan struct{})}
	go func() {
		defer close(s.over)
		for {
			c, more := s.next()
			if !more {
				return
			}
			if n := s.lost.Swap(0); n > 0 {
				missed(n)
			}
			if s.err = print(c); s.err != nil {
				failed()
				return
			}
		}
	}()
	return s
}

// next is the call to be printed next; after the end, as long as one waits.
func (s *shown) next() (c watch.Call, more bool) {
	select {
	case c = <-s.calls:
		return c, true
	case <-s.ended:
	}
	select {
	case c = <-s.calls:
		return c, true
	default:
		return c, false
	}
}

// tell has a call printed. It never waits.
func (s *shown) tell(c watch.Call) {
	select {
	case s.calls <- c:
	default:
		s.lost.Add(1)
	}
}

// close returns when all is printed, or the output takes no more: why, if it failed.
// What an output that is not read holds up ends with the process.
func (s *shown) close() error {
	close(s.ended)
	timer := time.NewTimer(shownWithin)
	defer timer.Stop()
	select {
	case <-s.over:
		return s.err
	case <-timer.C:
		return nil
	}
}
