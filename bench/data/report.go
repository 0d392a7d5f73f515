package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"glennline/bench/machine"
	"glennline/bench/page"
)

// report is all that was measured, as it is written to the file. Keys are added,
// never renamed or removed.
type report struct {
	Began      time.Time       `json:"began"`
	Machine    machine.Machine `json:"machine"`
	SQLite     string          `json:"sqlite_shell"` // version
	Cores      int             `json:"cores"`
	Go         string          `json:"go"`
	BrokenOff  string          `json:"broken_off,omitempty"` // why it is not all that was to be measured
	Signatures int             `json:"signatures"`           // that count
	Calls      int             `json:"calls"`
	Runs       int             `json:"runs"`
	Seed       uint64          `json:"seed"`
	Rows       []row           `json:"rows"`
}

// write puts it into a file.
func (r report) write(path string) error { return page.WriteFigures(path, r) }

var head = []string{"command", "glennline, s", "CPU, s", "peak, MiB", "beside it, s", "peak, MiB", "ratio", "of the peaks", "aim"}

// cells are a row of the table.
func (x row) cells() []string {
	aim := x.Aim
	if x.Met != "" {
		aim += "; " + x.Met
	}
	return []string{
		x.Name, x.Seconds.String(), x.CPU.String(), fmt.Sprintf("%.0f", x.PeakMiB.Most),
		x.Beside.String(), fmt.Sprintf("%.0f", x.BesidePeakMiB.Most), x.Ratio.String(), x.PeakRatio.String(), aim,
	}
}

// memory compares the largest of the peaks with its aim.
func (r report) memory() string {
	var most row
	for _, x := range r.Rows {
		if x.PeakMiB.Most > most.PeakMiB.Most {
			most = x
		}
	}
	return fmt.Sprintf("The most memory, %.0f MiB, is that of %s; aim: 100 MB, which are %.0f MiB; %s.",
		most.PeakMiB.Most, most.Name, mostPeak, met(most.PeakMiB.Most, mostPeak))
}

// text says what it was measured on.
func (r report) text() string {
	return fmt.Sprintf("Measured on %s, on %s; %s, beside SQLite's shell %s;\n%d signatures that count, of %d calls, seed %d; whole processes, median (least - most) of %d runs,\npeaks the most of them.",
		r.Began.UTC().Format("2006-01-02 15:04 MST"), r.Machine.Hardware(), r.Machine.Program(), r.SQLite, r.Signatures, r.Calls, r.Seed, r.Runs)
}

// print is the table for people.
func (r report) print(to io.Writer) error {
	fmt.Fprintf(to, "\n%s\n", r.text())
	if r.BrokenOff != "" {
		fmt.Fprintf(to, "broken off, this is what there is: %s\n", r.BrokenOff)
	}
	fmt.Fprintln(to)
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, cells := range r.table() {
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	fmt.Fprintf(w, "\n%s\n", r.memory())
	if r.Signatures < million {
		fmt.Fprintln(w, "The aims are for a million signatures: of fewer, most of the time goes into beginning.")
	}
	return w.Flush()
}

func (r report) table() [][]string {
	rows := [][]string{head}
	for _, x := range r.Rows {
		rows = append(rows, x.cells())
	}
	return rows
}

// million is how many signatures the aims are for.
const million = 1_000_000

// The figures that the documentation tells, the pages that do, and the name in the
// marks there.
const (
	published = "bench/results/data.json"
	benchmark = "bench-data"
)

var pages = []string{"docs/capacity.md"}

func readReport(path string) (r report, err error) {
	if err := page.ReadFigures(path, &r); err != nil {
		return r, err
	}
	if len(r.Rows) == 0 || r.Signatures == 0 {
		return r, fmt.Errorf("%s holds no commands: name a file that bench-data wrote", path)
	}
	return r, nil
}

// publish takes figures over into the documentation.
func publish(path string) error {
	r, err := readReport(path)
	if err != nil {
		return err
	}
	if r.BrokenOff != "" {
		return fmt.Errorf("%s was broken off: %s", path, r.BrokenOff)
	}
	if r.Signatures < million || r.Runs < 3 {
		return fmt.Errorf("%s is not for the documentation: %d runs of %d signatures, and it takes 3 of a million", path, r.Runs, r.Signatures)
	}
	if err := r.Machine.Committed(); err != nil {
		return fmt.Errorf("%s is not for the documentation: %w", path, err)
	}
	if _, err := os.Stat(pages[0]); err != nil {
		return fmt.Errorf("run it from the project's folder: %w", err)
	}
	return page.Publish(pages, benchmark, r.sections(), func() error { return r.write(published) })
}

// sections is what a page can show.
func (r report) sections() []page.Section {
	return []page.Section{{Name: "waiting", Text: func() string {
		return r.text() + "\n\n" + page.Table(r.table()) + "\n\n" + r.memory()
	}}}
}
