package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// plan says what is measured.
type plan struct {
	rates  []int         // calls a second
	pairs  int           // runs of each contestant at each rate
	place  time.Duration // how long each run places calls
	length time.Duration // of a call, from the answer to the caller's hang-up

	binary   string // glennline to measure; "" builds it
	asterisk string // as pbx.Find takes it
	dir      string // where the data folder is made; "" for the system's temporary folder
	out      string
	keep     bool // the data folder and glennline's log
}

// readPlan reads flags and, for make, the flags in BENCH_CALLS before them.
func readPlan(args []string) (plan, error) {
	p := plan{}
	set := flag.NewFlagSet("calls", flag.ContinueOnError)
	rates := set.String("rates", "10,50", "calls a second, one after the other")
	set.IntVar(&p.pairs, "pairs", 3, "runs of each at each rate")
	set.DurationVar(&p.place, "place", 16*time.Second, "how long each run places calls")
	set.DurationVar(&p.length, "length", 8*time.Second, "length of a call")
	set.StringVar(&p.binary, "glennline", "", "program to measure (default: built from this tree)")
	set.StringVar(&p.asterisk, "asterisk", "", "Asterisk to use (default: as glennline up finds it)")
	set.StringVar(&p.dir, "dir", "", "folder on the disk to measure with (default: the system's temporary folder)")
	set.StringVar(&p.out, "out", "", "JSON file (default: bench/results/calls-TIME.json)")
	set.BoolVar(&p.keep, "keep", false, "keep the data folder and the log")
	if err := set.Parse(append(strings.Fields(os.Getenv("BENCH_CALLS")), args...)); err != nil {
		return p, err
	}
	if set.NArg() > 0 {
		return p, fmt.Errorf("%q is no flag; see -help", set.Arg(0))
	}
	for text := range strings.SplitSeq(*rates, ",") {
		rate, err := strconv.Atoi(text)
		if err != nil || rate < 1 || rate > 500 {
			return p, fmt.Errorf("-rates %q: write whole calls a second from 1 to 500, as in 10,50", *rates)
		}
		p.rates = append(p.rates, rate)
	}
	switch {
	case p.pairs < 1:
		return p, errors.New("-pairs must be at least 1")
	case p.place < time.Second || p.place > 10*time.Minute:
		return p, errors.New("-place must be from 1s to 10m")
	case p.length < prompts+2*time.Second || p.length > time.Minute:
		return p, fmt.Errorf("-length must be from %s to 1m: the prompts take %s", prompts+2*time.Second, prompts)
	}
	return p, nil
}

// calls is how many calls a run at the rate places.
func (p plan) calls(rate int) int { return int(float64(rate) * p.place.Seconds()) }

// atOnce is the most calls that last at the same time, and room to spare.
func (p plan) atOnce() int {
	most := 0
	for _, rate := range p.rates {
		most = max(most, rate)
	}
	return max(100, int(1.5*float64(most)*p.length.Seconds()))
}

// most is how many calls the largest run places.
func (p plan) most() int {
	most := warmCalls
	for _, rate := range p.rates {
		most = max(most, p.calls(rate))
	}
	return most
}

// took is how long one run takes when all goes well.
func (p plan) took() time.Duration { return p.place + p.length + 2*time.Second }

// limit bounds the whole measurement, builds and waits included.
func (p plan) limit() time.Duration {
	return 5*time.Minute + time.Duration(2*p.pairs*len(p.rates)+2)*2*p.took()
}
