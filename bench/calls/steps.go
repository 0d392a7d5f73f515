package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// rung is a call that the dialplan answers as the contestant of that name does,
// after one step has been taken so many times that what it costs Asterisk stands
// out from what else happens on the machine. With times of 1 it is a way of its
// own to carry the call.
type rung struct {
	name   contestant
	number string
	what   string
	times  int
	// steps of the dialplan before the answer. The last is taken so many times, there or,
	// of those inTheApplication, by the application.
	steps []string
}

// The numbers of rungs are told apart by their end.
const rungNumbers = "+32255502"

// rungs of the ladder from the dialplan alone to a call that is carried by ARI.
// Each is compared with the dialplan alone; "played by ARI" is to be compared with
// "played by the dialplan", too.
var rungs = []rung{
	{name: "step", number: rungNumbers + "01", what: "a step of the dialplan (Set)", times: 100, steps: []string{"Set(GL_STEP=1)"}},
	{name: "handover", number: rungNumbers + "02", what: "handing the call to ARI, and back (continue)", times: 40, steps: []string{"Stasis(" + stepsApp + ",back)"}},
	{name: "request", number: rungNumbers + "03", what: "a request that sets a variable", times: 50, steps: []string{"Stasis(" + stepsApp + ",set)"}},
	{name: "played", number: rungNumbers + "04", what: "playing 40 ms, by the dialplan", times: 40, steps: []string{"Answer()", "Playback(" + blip + ")"}},
	{name: "playedbyari", number: rungNumbers + "05", what: "playing 40 ms, by ARI", times: 40, steps: []string{"Answer()", "Stasis(" + stepsApp + ",play)"}},
	{name: "back", number: rungNumbers + "06", what: "a call that is handed over once and back, and that the dialplan answers", times: 1, steps: []string{"Stasis(" + stepsApp + ",back)"}},
	{name: carriedByARI, number: rungNumbers + "07", what: "a call that ARI answers, plays to in one request and records", times: 1, steps: []string{"Stasis(" + stepsApp + ",call)"}},
}

// carriedByARI is the rung whose recordings ARI makes.
const carriedByARI contestant = "byari"

// inTheApplication are the rungs that repeat their step within one visit to the application.
var inTheApplication = []contestant{"request", "playedbyari"}

// rungOf is the rung of that name, or nil.
func rungOf(who contestant) *rung {
	if i := slices.IndexFunc(rungs, func(r rung) bool { return r.name == who }); i >= 0 {
		return &rungs[i]
	}
	return nil
}

// dialplan is the whole of the rung's steps, with the answer of the dialplan alone
// behind them.
func (r rung) dialplan(answer []string) []string {
	before := slices.Clone(r.steps)
	if !slices.Contains(inTheApplication, r.name) {
		last := len(before) - 1
		before = append(before[:last], slices.Repeat(before[last:], r.times)...)
	}
	return append(before, answer...)
}

// ladder is who takes turns with -steps.
func ladder() []contestant {
	who := []contestant{dialplanAlone}
	for _, r := range rungs {
		who = append(who, r.name)
	}
	return who
}

// addLadder teaches the running Asterisk the rungs' numbers, and serves those that
// ask for it until ctx ends.
func (l *line) addLadder(ctx context.Context) error {
	answer, err := l.dialplanSteps()
	if err != nil {
		return err
	}
	app, err := l.stepsApplication()
	if err != nil {
		return err
	}
	for _, r := range rungs {
		var steps []string
		for _, step := range r.dialplan(answer) {
			steps = append(steps, strings.ReplaceAll(step, blip, app.blip))
		}
		if err := l.addExtension(ctx, r.number, steps...); err != nil {
			return err
		}
	}
	if err := l.makeFolder(l.stepsFolder()); err != nil {
		return err
	}
	return app.serve(ctx)
}

// measureSteps is measure for the ladder, at the first load of the plan.
func (b *bench) measureSteps(ctx context.Context) (*stepsReport, error) {
	r := &stepsReport{Machine: b.machine, Pairs: b.plan.pairs, Load: b.plan.loads[0].String()}
	if err := b.line.addLadder(ctx); err != nil {
		return nil, err
	}
	l := b.plan.loads[0]
	for pair := 0; pair <= b.plan.pairs; pair++ { // the first is for the warmth
		for _, w := range rotated(ladder(), pair) {
			s, err := b.run(ctx, w, l, b.plan.calls(l))
			if err != nil {
				return r, fmt.Errorf("pair %d, %s: %w", pair, w, err)
			}
			if s.Lost > 0 {
				return r, fmt.Errorf("pair %d, %s: %d of %d calls were lost", pair, w, s.Lost, s.Calls)
			}
			if s.Pair = pair; pair > 0 {
				r.Samples = append(r.Samples, s)
			}
			say("pair %d  %-12s Asterisk %6.2f ms a call, channel to answer %.2f ms; all else %.2f cores", pair, w, s.Asterisk.Total, s.Answer.P50, s.Load)
		}
	}
	return r, nil
}

// stepsReport is what -steps writes to the file.
type stepsReport struct {
	Machine machine  `json:"machine"`
	Pairs   int      `json:"pairs"`
	Load    string   `json:"load"`
	Samples []sample `json:"samples"`
}

// each is what the rung's step costs: CPU of Asterisk in milliseconds above the
// dialplan alone, by pairs, divided by how often it was taken.
func (r *stepsReport) each(g rung) spread {
	alone := map[int]float64{}
	for _, s := range r.Samples {
		if s.Who == dialplanAlone {
			alone[s.Pair] = s.Asterisk.Total
		}
	}
	var values []float64
	for _, s := range r.Samples {
		if s.Who == g.name {
			values = append(values, (s.Asterisk.Total-alone[s.Pair])/float64(g.times))
		}
	}
	return spreadOf(values)
}

func (r *stepsReport) print(out io.Writer) error {
	var calls []float64
	for _, s := range r.Samples {
		if s.Who == dialplanAlone {
			calls = append(calls, s.Asterisk.Total)
		}
	}
	alone := spreadOf(calls)
	fmt.Fprintf(out, "\n%s\n%s, %d pairs; median (least - most)\n\n", r.Machine, r.Load, r.Pairs)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "CPU of Asterisk\tms\ttimes in a call")
	fmt.Fprintf(w, "a call of the dialplan alone\t%.1f (%.1f - %.1f)\t\n", alone.Median, alone.Min, alone.Max)
	fmt.Fprintln(w, "more than that takes\t\t")
	for _, g := range rungs {
		e := r.each(g)
		fmt.Fprintf(w, "  %s\t%.3f (%.3f - %.3f)\t%d\n", g.what, e.Median, e.Min, e.Max, g.times)
	}
	return w.Flush()
}

// runSteps is run for -steps.
func runSteps(ctx context.Context, b *bench, out string) error {
	r, err := b.measureSteps(ctx)
	err = errors.Join(err, b.close(ctx))
	if err != nil {
		return err
	}
	if err := errors.Join(r.print(os.Stdout), writeFigures(out, r)); err != nil {
		return err
	}
	fmt.Println("figures:", out)
	return nil
}
