package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"syscall"
	"time"
)

// fault is something that was done to glennline, to Asterisk, or to both.
type fault struct {
	kind     faultKind
	from, to time.Time
}

type faultKind string

const (
	killGlennline faultKind = "kill glennline"
	stopGlennline faultKind = "stop glennline"
	killAsterisk  faultKind = "kill Asterisk"
	stopAsterisk  faultKind = "stop Asterisk"
	killBoth      faultKind = "kill both"
)

// killsAsterisk says whether the calls in progress ended.
func (f fault) killsAsterisk() bool { return f.kind == killAsterisk || f.kind == killBoth }

// weights are out of their sum.
var weights = []struct {
	kind   faultKind
	weight int
}{
	{killGlennline, 40},
	{stopGlennline, 20},
	{killAsterisk, 25},
	{killBoth, 10},
	{stopAsterisk, 5},
}

func choose(random *rand.Rand) faultKind {
	sum := 0
	for _, w := range weights {
		sum += w.weight
	}
	n := random.IntN(sum)
	for _, w := range weights {
		if n -= w.weight; n < 0 {
			return w.kind
		}
	}
	panic("unreachable")
}

// inject does one fault and puts it right, as a supervisor would; it does not
// wait until calls are answered again.
func inject(ctx context.Context, random *rand.Rand, l *line) (fault, error) {
	kind := choose(random)
	away := between(random, 0, 6*time.Second)
	if kind == stopAsterisk {
		away /= 3
	}
	f := fault{kind: kind, from: time.Now()}
	var err error
	switch kind {
	case killGlennline:
		l.kill()
		err = sleep(ctx, away)
		l.launch()
	case stopGlennline:
		l.signal(syscall.SIGSTOP)
		err = sleep(ctx, away)
		l.signal(syscall.SIGCONT)
	case killAsterisk:
		l.signalAsterisk(syscall.SIGKILL)
	case stopAsterisk:
		pid := l.signalAsterisk(syscall.SIGSTOP)
		err = sleep(ctx, away)
		if pid != 0 {
			err = errors.Join(err, syscall.Kill(pid, syscall.SIGCONT))
		}
	case killBoth:
		// In either order, and sometimes with a moment between them.
		pause := between(random, 0, 50*time.Millisecond)
		if random.IntN(2) == 0 {
			l.kill()
			time.Sleep(pause)
			l.signalAsterisk(syscall.SIGKILL)
		} else {
			l.signalAsterisk(syscall.SIGKILL)
			time.Sleep(pause)
			l.kill()
		}
		err = sleep(ctx, away/2)
		l.launch()
	}
	f.to = time.Now()
	return f, err
}
