// Command testsum runs the module's tests and gives an account of them: it
// reads from the source which tests there are, runs them with go test -json,
// and fails when one of them failed, skipped itself, or did not run at all.
//
//	testsum -name unit -race
//	testsum -name e2e -tags e2e -p 1
//
// With -tags, only the tests in files that the tags add are run. Unknown to
// go test and so kept here: no test passes because it was never started.
//
// Exit: 0 all passed, 1 not all passed, 2 the tests could not be listed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

type options struct {
	name    string
	tags    string
	race    bool
	verbose bool
	none    bool
	p       int
	atOnce  int
	timeout time.Duration
	totals  string
}

func main() {
	var o options
	flag.StringVar(&o.name, "name", "tests", "what the closing line calls these tests")
	flag.StringVar(&o.tags, "tags", "", "run only the tests that these build tags add")
	flag.BoolVar(&o.race, "race", false, "with the race detector")
	flag.BoolVar(&o.verbose, "v", false, "a line for each test, not only for each package")
	flag.BoolVar(&o.none, "none", false, "it is no error if the tags add no test")
	flag.IntVar(&o.p, "p", 0, "packages tested at the same time; 0 for Go's default")
	flag.IntVar(&o.atOnce, "parallel", 0, "tests of a package at the same time that allow it; 0 for Go's default")
	flag.DurationVar(&o.timeout, "timeout", 5*time.Minute, "for one package")
	flag.StringVar(&o.totals, "totals", os.Getenv("TESTSUM_TOTALS"), "`file` to append the totals to: name, passed, failed, skipped")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := run(ctx, o, flag.Args(), os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// run runs the tests in patterns (./... if none are given) and reports to w.
func run(ctx context.Context, o options, patterns []string, w io.Writer) (ok bool, err error) {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	expected, err := list(ctx, o.tags, patterns)
	if err != nil {
		return false, err
	}
	start := time.Now()
	sum := newSummary(w, o.verbose)
	switch {
	case len(expected) > 0:
		err = goTest(ctx, o, expected, sum)
	case !o.none:
		return false, fmt.Errorf("no test in the source carries the tags %q: nothing to run", o.tags)
	}
	if err != nil {
		return false, err
	}
	t := sum.close(expected)
	fmt.Fprintf(w, "%s: %d passed, %d failed, %d skipped (%s)\n",
		o.name, t.passed, t.failed, t.skipped, time.Since(start).Round(time.Second))
	if err := appendTotals(o, t); err != nil {
		return false, err
	}
	return t.failed == 0 && t.skipped == 0, nil
}

// goTest runs go test for the packages in expected and feeds sum with its
// events. That tests failed is no error; that go test left no trace of why it
// failed counts as a failure.
func goTest(ctx context.Context, o options, expected tests, sum *summary) error {
	cmd := exec.CommandContext(ctx, "go", arguments(o, expected)...)
	// go test waits for its tests when it is interrupted, and they for what
	// they started: so all of them are told, as one group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	group := func(s syscall.Signal) error { return syscall.Kill(-cmd.Process.Pid, s) }
	cmd.Cancel = func() error { return group(syscall.SIGINT) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = environment(os.Environ())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := sum.read(out)
	err = cmd.Wait()
	if ctx.Err() != nil {
		_ = group(syscall.SIGKILL) // whoever did not listen
		return context.Cause(ctx)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		sum.exited(exit.ExitCode())
		err = nil
	}
	return errors.Join(readErr, err)
}

// environment is that of go test. A program with the race detector waits for a
// second at its end, lest a goroutine that is left still races: of the hundreds of
// commands that the tests run, a tenth of that is waited for.
func environment(ours []string) []string {
	if slices.ContainsFunc(ours, func(v string) bool { return strings.HasPrefix(v, "GORACE=") }) {
		return ours
	}
	return append(ours, "GORACE=atexit_sleep_ms=100")
}

func arguments(o options, expected tests) []string {
	args := []string{"test", "-json", "-count=1", "-shuffle=on", "-timeout=" + o.timeout.String()}
	if o.race {
		args = append(args, "-race")
	}
	if o.p > 0 {
		args = append(args, fmt.Sprintf("-p=%d", o.p))
	}
	if o.atOnce > 0 {
		args = append(args, fmt.Sprintf("-parallel=%d", o.atOnce))
	}
	if o.tags != "" {
		args = append(args, "-tags="+o.tags, "-run="+expected.pattern())
	}
	return append(args, expected.packages()...)
}

// appendTotals leaves the figures for who adds several runs up.
func appendTotals(o options, t totals) (err error) {
	if o.totals == "" {
		return nil
	}
	f, err := os.OpenFile(o.totals, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = fmt.Fprintf(f, "%s %d %d %d\n", o.name, t.passed, t.failed, t.skipped)
	return err
}
