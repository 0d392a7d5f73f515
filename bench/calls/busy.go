package main

import (
	"context"
	"runtime"
	"time"
)

// watchMachine measures, once a second until ctx ends, how much of all cores is
// in use, and gives the most there was, in per cent. From about 90 on, what is
// measured is how the contestants share a machine that is full.
func watchMachine(ctx context.Context) <-chan float64 {
	most := make(chan float64, 1)
	go func() {
		var highest float64
		defer func() { most <- highest }()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		last, err := machineBusy()
		for at := time.Now(); err == nil; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now := time.Now()
			var busy time.Duration
			if busy, err = machineBusy(); err == nil {
				highest = max(highest, 100*share(busy-last, now.Sub(at), runtime.NumCPU()))
				last, at = busy, now
			}
		}
	}()
	return most
}

// share is how much of the cores' time was used, 0 to 1: the kernel counts in
// ticks, so that a little more than everything may come out.
func share(used, wall time.Duration, cores int) float64 {
	if wall <= 0 || cores < 1 {
		return 0
	}
	return min(1, used.Seconds()/wall.Seconds()/float64(cores))
}
