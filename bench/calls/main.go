// Command calls measures what glennline adds to a call. It starts one Asterisk
// with `glennline up` and has SIPp call it with audio both ways, in turn:
// calls that the dialplan answers alone (Answer, Playback of the same prompts,
// Record), calls that Asterisk's own voicemail answers with the same prompts,
// and calls that glennline answers, with its database, its hashes, its
// measuring and its syncs.
//
//	go run ./bench/calls [-rates 10,50,20x25s,8x45s:glennline] [-pairs 5] [-place 10s] [-length 8s] [-out FILE]
//
// Beside SIPp, a caller of our own places a few calls in each run and listens:
// it tells when the first prompt and the beep came, and when the ending of its
// call stood in the database. All recordings are compared with what was said.
//
// A load with :glennline behind it is one that glennline alone answers: calls of one
// more length, for the formula of what a call costs, or slower ones beside which many
// calls are told apart from long ones.
//
// What counts is the ratio within a pair, which is a run of each: they share
// the machine, the Asterisk, the minute, and whatever else the machine does. A table goes to
// standard output, every figure as JSON to a file. Nothing is left running and
// nothing but those files is left on disk, unless calls were lost: then the folder
// is kept and named, for whoever asks why.
//
// One run more at each load, unless -profile=false, is for the split of glennline's
// CPU time; the profiles lie beside the figures as -50x8s.prof and so on.
//
// What a step of a call costs Asterisk is less than what else happens on most
// machines: -steps measures it by calls that take it many times.
//
//	go run ./bench/calls -steps [-rates 25] [-pairs 5] [-out FILE]
//
//	go run ./bench/calls -table FILE      the documentation's tables, of figures that are there
//	go run ./bench/calls -publish FILE    the same, put into the documentation
//
// Exit codes: 0 measured and no call lost; 1 could not be measured, or calls
// were lost; 2 wrong use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	described "glennline/bench/machine"
)

// The thread that starts glennline must live as long as we do: see Pdeathsig
// in line.go.
func init() { runtime.LockOSThread() }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	p, err := readPlan(os.Args[1:])
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(0)
		}
		fmt.Fprintln(os.Stderr, "bench-calls:", err)
		os.Exit(2)
	}
	err = do(ctx, p)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-calls:", err)
		os.Exit(1)
	}
}

func do(ctx context.Context, p plan) error {
	switch {
	case p.publish != "":
		return publish(p.publish)
	case p.table != "":
		r, err := readReport(p.table)
		if err != nil {
			return err
		}
		fmt.Print(r.tables())
		return nil
	default:
		return run(ctx, p)
	}
}

// run measures, prints and writes. It ends what it started.
func run(ctx context.Context, p plan) error {
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	// Who piped us to head and has read enough ends us too; else the first word
	// after that would be our death, with everything left where it is.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGPIPE)
	defer stop()
	out := p.out
	if out == "" {
		what := "calls-"
		if p.steps {
			what = "steps-"
		}
		out = filepath.Join("bench", "results", what+time.Now().Format("20060102-150405")+".json")
	}
	if err := described.Writable(out); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { say("ending") })()
	b, err := newBench(ctx, p)
	if err != nil {
		return err
	}
	if p.steps {
		return runSteps(ctx, b, out)
	}
	r, err := b.measure(ctx)
	if err == nil && p.profile {
		r.Profiles, err = b.profiled(ctx, strings.TrimSuffix(out, ".json"))
	}
	err = errors.Join(err, b.close(ctx))
	if r == nil || len(r.Samples) == 0 {
		return err
	}
	if err != nil {
		if r.BrokenOff, _, _ = strings.Cut(err.Error(), "\n"); errors.Is(ctx.Err(), context.Canceled) {
			r.BrokenOff = "interrupted" // whatever it was that could not be finished then
		}
	}
	r.summarise()
	if e := errors.Join(r.print(os.Stdout), r.write(out)); e != nil {
		return errors.Join(err, e)
	}
	fmt.Println("figures:", out)
	return errors.Join(err, r.lost())
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}
