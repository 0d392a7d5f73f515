package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// row is what was measured of a contest.
type row struct {
	Name    string `json:"name"`
	Aim     string `json:"aim,omitempty"`
	Met     string `json:"met,omitempty"` // by the median: whether, or by how much it was missed
	Seconds spread `json:"seconds"`
	CPU     spread `json:"cpu_seconds"`
	PeakMiB spread `json:"peak_mib"`
	Beside  spread `json:"beside_seconds"`
	Ratio   spread `json:"ratio"` // within each pair of runs
	// The same of the most memory that each had.
	BesidePeakMiB spread `json:"beside_peak_mib"`
	PeakRatio     spread `json:"peak_ratio"`
}

// measure runs both in turn, each of them first in every other pair.
func (b *bench) measure(ctx context.Context, c contest) (row, error) {
	var seconds, cpu, peak, beside, besidePeak, ratio, peakRatio []float64
	ours := func() (used, error) {
		args := append([]string{"--data", b.data}, c.args...)
		if c.args[0] == "export" {
			args = append(args, "--force")
		}
		u, err := b.process(ctx, b.glennline, args...)
		if err == nil && !c.did(u.printed, b.signatures) {
			err = fmt.Errorf("glennline %s did not say %q: %.300s", strings.Join(c.args, " "), c.says, u.printed)
		}
		return u, err
	}
	theirs := func() (used, error) {
		return b.process(ctx, "sqlite3", "-readonly", "-csv", filepath.Join(b.data, "glennline.db"), c.query(b.data))
	}
	for n := range b.runs {
		runs := []func() (used, error){ours, theirs}
		var took [2]used
		for turn := range runs {
			which := (turn + n) % len(runs)
			var err error
			if took[which], err = runs[which](); err != nil {
				return row{}, err
			}
		}
		we, they := took[0], took[1]
		seconds, cpu, peak = append(seconds, we.seconds), append(cpu, we.cpu), append(peak, we.mib)
		beside, besidePeak = append(beside, they.seconds), append(besidePeak, they.mib)
		ratio, peakRatio = append(ratio, we.seconds/they.seconds), append(peakRatio, we.mib/they.mib)
		say("%s, run %d: %.3f s, %.0f MiB; beside it %.3f s, %.0f MiB", c.name, n+1, we.seconds, we.mib, they.seconds, they.mib)
	}
	r := row{
		Name: c.name, Aim: c.aim.String(), Seconds: spreadOf(seconds), CPU: spreadOf(cpu), PeakMiB: spreadOf(peak),
		Beside: spreadOf(beside), Ratio: spreadOf(ratio), BesidePeakMiB: spreadOf(besidePeak), PeakRatio: spreadOf(peakRatio),
	}
	r.Met = c.aim.met(r.Seconds.Median, r.Ratio.Median)
	return r, nil
}

type used struct {
	seconds, cpu, mib float64
	printed           string // the beginning and the end of it
}

// process runs a program to its end, its output to a file in the work folder as
// a person's would go to a terminal or a pipe. All that is made agrees, so that
// whatever finds something to do has failed as well.
func (b *bench) process(ctx context.Context, name string, args ...string) (used, error) {
	out, err := os.Create(filepath.Join(b.work, "out"))
	if err != nil {
		return used{}, err
	}
	defer out.Close()
	var said strings.Builder
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = b.work, out, &said
	began := time.Now()
	err = cmd.Run()
	took := time.Since(began).Seconds()
	if ctx.Err() != nil {
		return used{}, ctx.Err()
	}
	if err != nil {
		return used{}, fmt.Errorf("%s %.60s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, said.String())
	}
	printed, err := ends(out)
	if err != nil {
		return used{}, err
	}
	if printed += said.String(); printed == "" {
		return used{}, fmt.Errorf("%s %.60s: said nothing", filepath.Base(name), strings.Join(args, " "))
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return used{}, errors.New("the system does not tell what a process used")
	}
	return used{took, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), float64(usage.Maxrss) / 1024, printed}, nil
}

// ends are the beginning and the end of what was printed.
func ends(file *os.File) (string, error) {
	const enough = 1 << 14
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	begin, end := make([]byte, min(enough, info.Size())), make([]byte, min(enough, info.Size()))
	_, err = file.ReadAt(begin, 0)
	_, e := file.ReadAt(end, info.Size()-int64(len(end)))
	for _, err := range []error{err, e} {
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
	}
	return string(begin) + string(end), nil
}

// spread is several values of one figure.
type spread struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

func spreadOf(values []float64) spread {
	slices.Sort(values)
	n := len(values)
	return spread{(values[(n-1)/2] + values[n/2]) / 2, values[0], values[n-1]}
}

func (s spread) String() string { return fmt.Sprintf("%.3g (%.3g - %.3g)", s.Median, s.Least, s.Most) }

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}
