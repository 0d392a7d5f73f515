package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"glennline/asterisk-conf/pbx"
)

// result is what a run came to.
type result struct {
	answered, accounted, unexplained int
	kills                            int
	seed                             uint64
	troubles                         []string // each call that is not accounted for, and whatever else is wrong
}

func (r result) String() string {
	return fmt.Sprintf("torture: %d answered, %d accounted for, %d unexplained, %d kills, seed %d",
		r.answered, r.accounted, r.unexplained, r.kills, r.seed)
}

func (r result) sound() bool {
	return r.answered > 0 && r.answered == r.accounted && r.unexplained == 0 && len(r.troubles) == 0
}

// atOnce is how many calls there is room for.
const atOnce = 150

// run makes one run. What happens is told to w.
func run(ctx context.Context, p plan, w io.Writer) (res result, err error) {
	res.seed = p.seed
	dir, err := folder(p)
	if err != nil {
		return res, err
	}
	defer func() {
		if p.dir != "" || p.keep || err != nil || !res.sound() {
			fmt.Fprintf(w, "torture: everything lies in %s\n", dir)
			return
		}
		err = os.RemoveAll(dir)
	}()
	fmt.Fprintf(w, "torture: seed %d, in %s\n", p.seed, dir)
	binary := filepath.Join(dir, "glennline")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "glennline/cmd/glennline").CombinedOutput(); err != nil {
		return res, fmt.Errorf("building glennline: %w: %s", err, out)
	}
	if err := makeAudio(dir); err != nil {
		return res, err
	}
	ports, err := pbx.FreePorts("127.0.0.1", 10*atOnce)
	if err != nil {
		return res, err
	}
	l, err := newLine(dir, binary, ports, w)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	if err := l.start(ctx); err != nil {
		return res, err
	}
	callers, err := newCallers(ctx, dir, l.sip, p)
	if err != nil {
		return res, err
	}
	defer callers.kill()
	random := rand.New(rand.NewPCG(p.seed, p.seed))
	faults, err := torment(ctx, p, random, l, callers, w)
	res.kills = len(faults)
	if err != nil {
		return res, err
	}
	if err := callers.finish(ctx); err != nil {
		return res, err
	}
	fmt.Fprintf(w, "torture: %d faults, the last caller has hung up\n", len(faults))
	res.troubles = append(res.troubles, l.settle(ctx)...)
	return account(ctx, res, l, callers, faults)
}

// folder is one that Asterisk's user can reach.
func folder(p plan) (string, error) {
	if p.dir != "" {
		dir, err := filepath.Abs(p.dir)
		if err != nil {
			return "", err
		}
		return dir, os.MkdirAll(dir, 0o755)
	}
	dir, err := os.MkdirTemp("", "glennline-torture-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755) //nolint:gosec // nothing secret lies in it but below data
}

// torment injects faults until there were enough of them and of answered calls.
func torment(ctx context.Context, p plan, random *rand.Rand, l *line, callers *callers, w io.Writer) ([]fault, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	var faults []fault
	for {
		if err := sleep(ctx, between(random, 500*time.Millisecond, 5*time.Second)); err != nil {
			return faults, fmt.Errorf("%d calls were answered and %d faults injected: %w", callers.answered(), len(faults), err)
		}
		answered := callers.answered()
		if len(faults) >= p.kills && answered >= p.answered {
			return faults, nil
		}
		f, err := inject(ctx, random, l)
		if err != nil {
			return faults, err
		}
		faults = append(faults, f)
		fmt.Fprintf(w, "torture: %3d %-16s at %s for %4.1f s, %d answered\n", len(faults), f.kind, f.from.Format(stamp), f.to.Sub(f.from).Seconds(), answered)
		if err := callers.running(); err != nil {
			return faults, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func between(random *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(random.Int64N(int64(to-from)))
}
