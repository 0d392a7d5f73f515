// Command data measures what staff wait for: it makes a data folder with a
// million signatures and their files from a seed, runs the real program on it,
// and beside each command, in turn, what SQLite's own shell takes for the same
// question, where it has one.
//
//	go run ./bench/data [-signatures 1000000] [-runs 3] [-seed 1] [-dir FOLDER] [-out FILE]
//
// A table goes to standard output, every figure as JSON to a file. What was made
// is removed again.
//
// Exit codes: 0 measured; 1 could not be measured; 2 wrong use.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"text/tabwriter"
	"time"
)

// plan says what is measured.
type plan struct {
	signatures int
	runs       int
	seed       uint64
	dir, out   string
	glennline  string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var p plan
	flag.IntVar(&p.signatures, "signatures", 1_000_000, "signatures that count; a few more do not")
	flag.IntVar(&p.runs, "runs", 3, "runs of each, in turn")
	flag.Uint64Var(&p.seed, "seed", 1, "the same makes the same calls")
	flag.StringVar(&p.dir, "dir", "", "folder on the disk to measure with (default: the system's temporary folder)")
	flag.StringVar(&p.out, "out", "", "JSON file (default: bench/results/data-TIME.json)")
	flag.StringVar(&p.glennline, "glennline", "", "program to measure (default: built from this tree)")
	flag.Parse()
	if flag.NArg() > 0 || p.signatures < 1 || p.runs < 1 {
		fmt.Fprintln(os.Stderr, "bench-data: -signatures and -runs are at least 1, and there are no arguments; see -help")
		os.Exit(2)
	}
	if err := run(ctx, p); err != nil {
		fmt.Fprintln(os.Stderr, "bench-data:", err)
		os.Exit(1)
	}
}

// report is all that was measured, as it is written to the file. Keys are added,
// never renamed or removed.
type report struct {
	Began      time.Time `json:"began"`
	Cores      int       `json:"cores"`
	Go         string    `json:"go"`
	Signatures int       `json:"signatures"` // that count
	Calls      int       `json:"calls"`
	Seed       uint64    `json:"seed"`
	Rows       []row     `json:"rows"`
}

func run(ctx context.Context, p plan) (err error) {
	if data := os.Getenv(makeEnv); data != "" {
		b := &bench{plan: p, data: data}
		return b.fill(ctx)
	}
	dir, err := os.MkdirTemp(p.dir, "glennline-bench-data-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{plan: p, work: dir, data: filepath.Join(dir, "data")}
	r := report{Began: time.Now().UTC(), Cores: runtime.NumCPU(), Go: runtime.Version(), Signatures: p.signatures, Seed: p.seed}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	r.Calls = b.calls
	for _, c := range contests {
		measured, err := b.measure(ctx, c)
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, measured)
	}
	if err := r.print(os.Stdout); err != nil {
		return err
	}
	out := p.out
	if out == "" {
		out = filepath.Join("bench", "results", "data-"+r.Began.Format("20060102-150405")+".json")
		if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, append(text, '\n'), 0o644); err != nil { //nolint:gosec // figures, for everybody
		return err
	}
	fmt.Println("figures:", out)
	return nil
}

func (r report) print(to io.Writer) error {
	fmt.Fprintf(to, "\n%d cores, %s; %d signatures that count, of %d calls, seed %d\n", r.Cores, r.Go, r.Signatures, r.Calls, r.Seed)
	fmt.Fprint(to, "whole processes; median (least - most)\n\n")
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tglennline, s\tCPU, s\tpeak, MiB\tbeside it, s\tratio\taim")
	for _, x := range r.Rows {
		beside, ratio := "", ""
		if x.Beside != nil {
			beside, ratio = x.Beside.String(), x.Ratio.String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.0f\t%s\t%s\t%s\n", x.Name, x.Seconds, x.CPU, x.PeakMiB.Most, beside, ratio, x.Aim)
	}
	return w.Flush()
}
