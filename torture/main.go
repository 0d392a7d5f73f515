// Command torture keeps calls coming while it kills and stops glennline and
// Asterisk at seeded random moments, and then holds the callers' own log
// against the ledger: every call that a caller saw answered has to be accounted
// for, and every message that had reached the disk has to be there.
//
//	torture -answered 1000 -kills 60 -seed 1
//
// It needs SIPp and an Asterisk, takes free ports on the loopback address, and
// works in a folder of its own, which stays where something was not as it
// should be. Its last line is
//
//	torture: N answered, N accounted for, 0 unexplained, K kills, seed S
//
// Exit: 0 all is accounted for; 1 it is not, or the run could not be made.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// plan is what one run does.
type plan struct {
	answered int           // at least so many calls
	kills    int           // at least so often killed or stopped
	rate     int           // calls a second
	seed     uint64        // of the faults and their moments
	limit    time.Duration // for the part with the faults
	dir      string        // "" for a temporary one
	keep     bool
}

func main() {
	p := plan{}
	flag.IntVar(&p.answered, "answered", 1000, "go on until so many calls were answered")
	flag.IntVar(&p.kills, "kills", 60, "and something was killed or stopped so many times")
	flag.IntVar(&p.rate, "rate", 6, "calls a second")
	flag.Uint64Var(&p.seed, "seed", 0, "of the random moments; 0 for another each time")
	flag.DurationVar(&p.limit, "limit", 30*time.Minute, "give up after")
	flag.StringVar(&p.dir, "dir", "", "empty `folder` to work in; it is kept")
	flag.BoolVar(&p.keep, "keep", false, "keep the temporary folder")
	flag.Parse()
	if p.seed == 0 {
		p.seed = uint64(rand.N(1_000_000)) + 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	result, err := run(ctx, p, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
	}
	for _, trouble := range result.troubles {
		fmt.Println(trouble)
	}
	fmt.Println(result)
	if err != nil || !result.sound() {
		stop()
		os.Exit(1) //nolint:gocritic // nothing is left to do
	}
}
