// Command data measures what staff wait for: it makes a data folder with a
// million signatures and their files from a seed, runs the real program on it,
// and beside each command, in turn, what SQLite's own shell takes for the same
// question or the part of it that it can answer.
//
//	go run ./bench/data [-signatures 1000000] [-runs 3] [-seed 1] [-dir FOLDER] [-out FILE]
//	go run ./bench/data -publish FILE    the table, put into the documentation
//
// A table goes to standard output, every figure as JSON to a file. What was made
// is removed again. Everything in the folder agrees: a command that finds anything
// to do has failed.
//
// Exit codes: 0 measured; 1 could not be measured; 2 wrong use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"glennline/bench/flags"
	"glennline/bench/machine"
)

// plan says what is measured.
type plan struct {
	signatures int
	runs       int
	seed       uint64
	dir, out   string
	glennline  string
	publish    string
}

func main() {
	// A terminal that is closed ends it in order too.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	p, err := readPlan(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-data:", err)
		os.Exit(2)
	}
	if p.publish != "" {
		err = publish(p.publish)
	} else {
		err = run(ctx, p)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if err != nil {
		if os.Getenv(makeEnv) == "" || ctx.Err() == nil { // else who started us says it
			fmt.Fprintln(os.Stderr, "bench-data:", err)
		}
		os.Exit(1)
	}
}

func readPlan(args []string) (p plan, err error) {
	set := flag.NewFlagSet("bench-data", flag.ContinueOnError)
	set.IntVar(&p.signatures, "signatures", 1_000_000, "signatures that count; a few more do not")
	set.IntVar(&p.runs, "runs", 3, "runs of each, in turn")
	set.Uint64Var(&p.seed, "seed", 1, "the same makes the same calls")
	set.StringVar(&p.dir, "dir", "", "folder on the disk to measure with (default: the system's temporary folder)")
	set.StringVar(&p.out, "out", "", "JSON file (default: bench/results/data-TIME.json)")
	set.StringVar(&p.glennline, "glennline", "", "program to measure (default: built from this tree)")
	set.StringVar(&p.publish, "publish", "", "measure nothing: put this JSON file's table into the documentation")
	if err := flags.Parse(set, args); err != nil {
		return p, err
	}
	if p.signatures < 1 || p.runs < 1 {
		return p, errors.New("-signatures and -runs are at least 1")
	}
	if p.glennline != "" { // it runs in another folder
		p.glennline, err = filepath.Abs(p.glennline)
	}
	return p, err
}

func run(ctx context.Context, p plan) (err error) {
	// Who piped us to head and has read enough ends us too; else the first word
	// after that would be our death, with everything left where it is.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGPIPE)
	defer stop()
	if data := os.Getenv(makeEnv); data != "" {
		b := &bench{plan: p, data: data}
		return b.fill(ctx)
	}
	r := report{Began: time.Now().UTC(), Cores: runtime.NumCPU(), Go: runtime.Version(), Signatures: p.signatures, Runs: p.runs, Seed: p.seed}
	out := p.out
	if out == "" {
		out = filepath.Join("bench", "results", "data-"+r.Began.Format("20060102-150405")+".json")
	}
	if err := machine.Writable(out); err != nil {
		return err
	}
	if _, err := exec.LookPath("sqlite3"); err != nil {
		return errors.New("sqlite3 is missing: apt-get install sqlite3")
	}
	dir, err := os.MkdirTemp(p.dir, "glennline-bench-data-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{plan: p, work: dir, data: filepath.Join(dir, "data")}
	if err := b.build(ctx); err != nil {
		return err
	}
	// Before a minute goes into a folder for a program that does not run.
	if err := b.describe(ctx, &r); err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	r.Calls = b.calls
	var failed error
	for _, c := range contests {
		measured, err := b.measure(ctx, c)
		if err != nil {
			if failed = fmt.Errorf("%s: %w", c.name, err); ctx.Err() != nil {
				failed = errors.New(c.name + ": interrupted")
			}
			r.BrokenOff, _, _ = strings.Cut(failed.Error(), "\n")
			break
		}
		r.Rows = append(r.Rows, measured)
	}
	if len(r.Rows) == 0 {
		return failed
	}
	if err := errors.Join(r.print(os.Stdout), r.write(out)); err != nil {
		return errors.Join(failed, err)
	}
	fmt.Println("figures:", out)
	return failed
}

// describe says on what is measured.
func (b *bench) describe(ctx context.Context, r *report) error {
	tree := ""
	if b.built {
		tree = "."
	}
	m, err := machine.Describe(ctx, b.work, b.glennline, tree)
	if err != nil {
		return err
	}
	said, err := exec.CommandContext(ctx, "sqlite3", "--version").Output()
	if err != nil {
		return fmt.Errorf("sqlite3 --version: %w", err)
	}
	r.Machine, r.Go = m, m.Go
	r.SQLite, _, _ = strings.Cut(string(said), " ")
	return nil
}
