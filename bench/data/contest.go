package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// contest is a command, and what SQLite's shell takes for the same question.
type contest struct {
	name   string
	args   []string
	beside string // SQL; "" for none
	aim    string
	exits  []int // codes that are no failure
}

// What an export has in common with a plain query: the same columns of the same
// rows, in the same order, without what the law and the manifest want.
const columns = `
SELECT c.id, strftime('%FT%TZ', c.started_at / 1000, 'unixepoch'), strftime('%FT%T', c.started_at / 1000, 'unixepoch', 'localtime'),
	s.status, s.status_reason, s.duplicate_of, k.notice, k.language, k.complete, c.line, c.caller_class,
	v.speech_seconds, v.seconds, v.file_sha256, 'Expressions of support by telephone. Age, domicile and identity not verified.'
FROM calls AS c
JOIN signatures AS s ON s.call_id = c.id
LEFT JOIN voices AS v ON v.call_id = c.id
LEFT JOIN consents AS k ON k.call_id = c.id
WHERE s.status NOT IN ('confidential', 'test', 'withdrawn')
ORDER BY c.started_at, c.id`

const grouped = `
SELECT count(*), sum(n) FROM (
	SELECT count(*) AS n FROM calls AS c JOIN signatures AS s ON s.call_id = c.id
	WHERE c.caller_pseudonym IS NOT NULL GROUP BY c.caller_pseudonym HAVING count(*) > 1
	UNION ALL
	SELECT count(*) FROM voices GROUP BY audio_sha256 HAVING count(*) > 1
)`

var contests = []contest{
	{name: "export to CSV", args: []string{"export", "--format", "csv", "-o", "export.csv"}, beside: columns, aim: "2 times"},
	{name: "export to JSON Lines", args: []string{"export", "--format", "jsonl", "-o", "export.jsonl"}, beside: columns},
	{name: "export to XLSX", args: []string{"export", "--format", "xlsx", "-o", "export.xlsx"}, beside: columns},
	{name: "count", args: []string{"count"}, aim: "0.05 s"},
	{name: "count --verify", args: []string{"count", "--verify"}},
	{name: "dedupe, preview", args: []string{"dedupe"}, beside: grouped, aim: "3 times", exits: []int{0, 3}},
	{name: "reconcile", args: []string{"reconcile"}, aim: "60 s", exits: []int{0, 3}},
	{name: "list of the last 50", args: []string{"list", "--last", "50"}},
	{name: "report", args: []string{"report"}, beside: columns},
}

// row is what was measured of a contest.
type row struct {
	Name    string  `json:"name"`
	Aim     string  `json:"aim,omitempty"`
	Seconds spread  `json:"seconds"`
	CPU     spread  `json:"cpu_seconds"`
	PeakMiB spread  `json:"peak_mib"`
	Beside  *spread `json:"beside_seconds,omitempty"`
	Ratio   *spread `json:"ratio,omitempty"` // within each pair of runs
}

// measure runs both in turn.
func (b *bench) measure(ctx context.Context, c contest) (row, error) {
	r := row{Name: c.name, Aim: c.aim}
	var seconds, cpu, peak, beside, ratio []float64
	for n := range b.runs {
		var other float64
		if c.beside != "" {
			u, err := b.process(ctx, []int{0}, "sqlite3", "-readonly", "-csv", filepath.Join(b.data, "glennline.db"), c.beside)
			if err != nil {
				return r, err
			}
			other = u.seconds
			beside = append(beside, other)
		}
		exits := c.exits
		if exits == nil {
			exits = []int{0}
		}
		args := append([]string{"--data", b.data}, c.args...)
		if c.args[0] == "export" {
			args = append(args, "--force")
		}
		u, err := b.process(ctx, exits, b.glennline, args...)
		if err != nil {
			return r, err
		}
		seconds, cpu, peak = append(seconds, u.seconds), append(cpu, u.cpu), append(peak, u.mib)
		if other > 0 {
			ratio = append(ratio, u.seconds/other)
		}
		say("%s, run %d: %.3f s, %.0f MiB%s", c.name, n+1, u.seconds, u.mib, map[bool]string{true: fmt.Sprintf("; beside it %.3f s", other)}[other > 0])
	}
	r.Seconds, r.CPU, r.PeakMiB = spreadOf(seconds), spreadOf(cpu), spreadOf(peak)
	if len(beside) > 0 {
		s, t := spreadOf(beside), spreadOf(ratio)
		r.Beside, r.Ratio = &s, &t
	}
	return r, nil
}

type used struct{ seconds, cpu, mib float64 }

// process runs a program to its end, its output to a file in the work folder as
// a person's would go to a terminal or a pipe.
func (b *bench) process(ctx context.Context, exits []int, name string, args ...string) (used, error) {
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
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && slices.Contains(exits, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		return used{}, fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, said.String())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return used{}, errors.New("the system does not tell what a process used")
	}
	return used{took, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), float64(usage.Maxrss) / 1024}, nil
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
