package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glennline/asterisk-conf/pbx"
	"glennline/bench/flags"
)

// plan says what is measured.
type plan struct {
	loads []load
	pairs int           // runs of each contestant at each load
	place time.Duration // how long a run places calls, at least

	binary   string // glennline to measure; "" builds it
	asterisk string // as pbx.Find takes it
	dir      string // where the data folder is made; "" for the system's temporary folder
	out      string
	table    string // instead of measuring, print the tables of these figures
	publish  string // instead of measuring, take these figures over into the documentation
	profile  bool   // one run more at each load, for the split of glennline's CPU time
	steps    bool   // instead of the contestants, the ladder of what a step costs
	keep     bool   // the data folder and glennline's log
}

// load is how calls come.
type load struct {
	Rate   int           // calls a second
	Length time.Duration // of a call, from the answer to the caller's hang-up
	Alone  bool          // glennline answers them and nobody else: no aim is judged there
}

func (l load) String() string {
	s := fmt.Sprintf("%d calls/s of %s", l.Rate, l.Length)
	if l.Alone {
		s += " by glennline alone"
	}
	return s
}

// atOnce is how many calls last at the same time, once the first ones end.
func (l load) atOnce() int { return int(float64(l.Rate) * l.Length.Seconds()) }

// defaultRates are the loads at which the aims are judged, and two that glennline alone
// answers. One is as long as the heaviest and slower: beside it, that one tells what
// many calls cost, and not long ones. The other is for the formula: through two
// lengths a line always goes, a third one says whether calls cost what it tells. 45 s
// are nearly twice the second length, and 360 calls at once take about two thirds of
// the CPU of 20/s of 25 s: a machine that those fill is not full of these, so that
// what differs is the length. Both are of glennline, so that nobody else need answer
// them: five pairs take thirteen minutes longer, and not forty.
const (
	judgedRates  = "10,25,50,20x25s" // for the aims
	defaultRates = judgedRates + ",4x25s" + byUsAlone + ",8x45s" + byUsAlone
	usualLength  = 8 * time.Second
	stepsRate    = "25"
)

// byUsAlone is behind a load of -rates that glennline alone answers.
const byUsAlone = ":" + string(withGlennline)

// readPlan reads flags.
func readPlan(args []string) (plan, error) {
	p := plan{}
	set := flag.NewFlagSet("bench-calls", flag.ContinueOnError)
	rates := set.String("rates", defaultRates, "calls a second, one after the other; with a length of their own as in 20x25s;\nwith "+byUsAlone+" nobody else answers them, and no aim is judged there")
	length := set.Duration("length", usualLength, "length of a call where -rates does not say it")
	set.IntVar(&p.pairs, "pairs", 5, "runs of each at each rate")
	set.DurationVar(&p.place, "place", 10*time.Second, "how long each run places calls; longer where the first call would not be over")
	set.StringVar(&p.binary, "glennline", "", "program to measure (default: built from this tree)")
	set.StringVar(&p.asterisk, "asterisk", "", "Asterisk to use (default: as glennline up finds it)")
	set.StringVar(&p.dir, "dir", "", "folder on the disk to measure with (default: the system's temporary folder)")
	set.StringVar(&p.out, "out", "", "JSON file (default: bench/results/calls-TIME.json)")
	set.StringVar(&p.table, "table", "", "measure nothing: print the documentation's tables, from this JSON file")
	set.StringVar(&p.publish, "publish", "", "measure nothing: put this JSON file's tables into the documentation")
	set.BoolVar(&p.profile, "profile", true, "one run more at each rate, for the split of glennline's CPU time")
	set.BoolVar(&p.steps, "steps", false, "measure what single steps of a call cost Asterisk, at one rate ("+stepsRate+" unless -rates says another)")
	set.BoolVar(&p.keep, "keep", false, "keep the data folder and the log")
	if err := flags.Parse(set, args); err != nil {
		return p, err
	}
	if p.steps && *rates == defaultRates {
		*rates = stepsRate
	}
	for text := range strings.SplitSeq(*rates, ",") {
		l, err := readLoad(text, *length)
		if err != nil {
			return p, err
		}
		if slices.ContainsFunc(p.loads, func(other load) bool { return other.Rate == l.Rate && other.Length == l.Length }) {
			return p, fmt.Errorf("-rates names %s twice", l)
		}
		p.loads = append(p.loads, l)
	}
	switch {
	case p.steps && (len(p.loads) > 1 || p.loads[0].Alone):
		return p, errors.New("-steps is measured at one rate of -rates, by the dialplan too")
	case p.pairs < 1:
		return p, errors.New("-pairs must be at least 1")
	case p.place < time.Second || p.place > 10*time.Minute:
		return p, errors.New("-place must be from 1s to 10m")
	case p.atOnce()+p.most()+morePorts > pbx.MostCalls:
		return p, fmt.Errorf("a run of %d calls, %d of them at once with room to spare, needs more ports than there are: choose lower -rates, shorter calls or a shorter -place", p.most(), p.atOnce())
	}
	return p, nil
}

// readLoad reads a rate, "10", or a rate and a length, "20x25s"; and byUsAlone behind it.
func readLoad(text string, length time.Duration) (load, error) {
	calls, alone := strings.CutSuffix(text, byUsAlone)
	rate, long, own := strings.Cut(calls, "x")
	n, err := strconv.Atoi(rate)
	if err != nil || n < 1 || n > 500 {
		return load{}, fmt.Errorf("-rates: %q: write whole calls a second from 1 to 500, as in 10,50 or 20x25s or 8x45s%s", text, byUsAlone)
	}
	if own {
		if length, err = time.ParseDuration(long); err != nil {
			return load{}, fmt.Errorf("-rates: %q: write the length of the calls as in 20x25s or 8x45s%s", text, byUsAlone)
		}
	}
	if length < prompts+2*time.Second || length > time.Minute {
		return load{}, fmt.Errorf("calls of %s: they must last from %s to 1m, because the prompts take %s", length, prompts+2*time.Second, prompts)
	}
	return load{Rate: n, Length: length, Alone: alone}, nil
}

// placing is how long a run places calls: until as many have been there at once
// as the load means, and some seconds more.
func (p plan) placing(l load) time.Duration { return max(p.place, l.Length+3*time.Second) }

// calls is how many calls a run places.
func (p plan) calls(l load) int { return l.during(p.placing(l)) }

// during is how many calls come meanwhile.
func (l load) during(placing time.Duration) int { return int(float64(l.Rate) * placing.Seconds()) }

// A profile has a sample for each 10 ms of CPU: a few hundred calls make the hundred
// and more from which a share can be told to some points, and slow rates take
// longer for them. Long calls are more than that when they are all there at once,
// short of which it would not be this load.
const (
	profiledCalls   = 400
	longestProfiled = time.Minute
)

// profiling is how long a profiled run places calls.
func profiling(l load) time.Duration {
	enough := time.Duration(profiledCalls) * time.Second / time.Duration(l.Rate)
	return max(l.Length+3*time.Second, min(enough, longestProfiled))
}

// atOnce is the most calls that last at the same time, and room to spare.
func (p plan) atOnce() int {
	most := 0
	for _, l := range p.loads {
		most = max(most, l.atOnce())
	}
	return max(100, most+most/2)
}

// most is how many calls the largest run places.
func (p plan) most() int {
	most := warmCalls
	for _, l := range p.loads {
		most = max(most, p.calls(l), l.during(profiling(l)))
	}
	return most
}

// took is how long a run takes that places calls for so long, when all goes well.
func (l load) took(placing time.Duration) time.Duration { return placing + l.Length + 2*time.Second }

// all is how long all runs take when all goes well.
func (p plan) all() time.Duration {
	var all time.Duration
	if p.steps {
		l := p.loads[0]
		return time.Duration((p.pairs+1)*len(ladder())) * l.took(p.placing(l))
	}
	for _, l := range p.loads {
		all += time.Duration(len(l.turns(1))*p.pairs) * l.took(p.placing(l))
		if p.profile {
			all += l.took(profiling(l))
		}
	}
	return all
}

// limit bounds the whole measurement, builds and waits included.
func (p plan) limit() time.Duration { return 10*time.Minute + 2*p.all() }
