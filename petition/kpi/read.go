// Package kpi reads a campaign's side figures from a file.
package kpi

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"glennline/petition"
)

// ErrFile says that a file of side figures cannot be taken in. The error names
// the first line that is wrong, and says how many more there are.
var ErrFile = errors.New("nothing was taken in")

// A file is read as a whole before any of it is stored.
const (
	maxSize  = 4 << 20 // bytes
	maxLines = 10_000
)

// Columns of the file, in any order; those of optional may be missing.
var (
	columns  = []string{"name", "value", "at", "source"}
	optional = []string{"baseline", "goal"}
)

// Read reads side figures from a CSV file: a line with the names of the
// columns, then one a line. They are parted by commas or, as spreadsheets of
// countries with a decimal comma write them, by semicolons. name is that of the
// file, for messages; of a day after now there can be none. If anything is wrong,
// it is ErrFile.
func Read(name string, in io.Reader, now time.Time) ([]petition.KPI, error) {
	raw, err := io.ReadAll(io.LimitReader(in, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(raw) > maxSize {
		return nil, fmt.Errorf("%s: more than 4 MiB: name a file with side figures: %w", name, ErrFile)
	}
	f := &file{name: name, now: now, seen: make(map[key]int)}
	if err := f.read(bytes.TrimPrefix(raw, []byte("\ufeff"))); err != nil {
		return nil, fmt.Errorf("%s:%w: %w", name, err, ErrFile)
	}
	return f.figures, f.fault()
}

type file struct {
	name    string
	now     time.Time
	place   map[string]int // of each column
	figures []petition.KPI
	seen    map[key]int // line of each figure
	faults  []string
}

// key is what there is one figure for.
type key struct {
	name string
	day  time.Time
}

// read reads the file. Its error begins with the number of a line, and is about
// the form of the file; what is wrong with a figure goes to faults.
func (f *file) read(raw []byte) error {
	head, _, _ := bytes.Cut(raw, []byte("\n"))
	in := csv.NewReader(bufio.NewReader(bytes.NewReader(raw)))
	in.FieldsPerRecord = -1
	if bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		in.Comma = ';'
	}
	for first := true; ; first = false {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if fault, ok := errors.AsType[*csv.ParseError](err); ok {
			return fmt.Errorf("%d: %w: correct the quotes there", fault.Line, fault.Err)
		}
		if err != nil {
			return fmt.Errorf("1: %w", err)
		}
		line, _ := in.FieldPos(0)
		switch {
		case first:
			if err := f.header(fields); err != nil {
				return fmt.Errorf("%d: %w", line, err)
			}
		case len(f.figures)+len(f.faults) >= maxLines:
			return fmt.Errorf("%d: more than %d figures: part the file", line, maxLines)
		default:
			f.figure(line, fields)
		}
	}
	if f.place == nil {
		return fmt.Errorf("1: the file is empty: begin with a line name,value,baseline,goal,at,source")
	}
	return nil
}

func (f *file) header(fields []string) error {
	f.place = make(map[string]int)
	known := slices.Concat(columns, optional)
	for i, field := range fields {
		column := strings.ToLower(strings.TrimSpace(field))
		_, twice := f.place[column]
		switch {
		case !slices.Contains(known, column):
			return fmt.Errorf("unknown column %q: write %s", field, strings.Join(known, ", "))
		case twice:
			return fmt.Errorf("column %q is there twice: remove one", column)
		}
		f.place[column] = i
	}
	for _, column := range columns {
		if _, there := f.place[column]; !there {
			return fmt.Errorf("no column %q: begin with a line name,value,baseline,goal,at,source", column)
		}
	}
	return nil
}

func (f *file) figure(line int, fields []string) {
	if len(fields) != len(f.place) {
		f.wrong(line, "%d columns instead of %d: a text with the separator in it stands in quotes", len(fields), len(f.place))
		return
	}
	of := func(column string) string {
		if i, there := f.place[column]; there {
			return fields[i]
		}
		return ""
	}
	k, err := petition.NewKPI(of("name"), of("value"), of("baseline"), of("goal"), of("at"), of("source"))
	if err == nil {
		err = k.By(f.now)
	}
	if err != nil {
		f.wrong(line, "%s", err)
		return
	}
	if other, twice := f.seen[key{k.Name, k.Day}]; twice {
		f.wrong(line, "%s of %s stands in line %d already: leave one", k.Name, k.Day.Format(time.DateOnly), other)
		return
	}
	f.seen[key{k.Name, k.Day}] = line
	f.figures = append(f.figures, k)
}

func (f *file) wrong(line int, format string, args ...any) {
	f.faults = append(f.faults, fmt.Sprintf("%d: ", line)+fmt.Sprintf(format, args...))
}

// fault is nil where nothing is wrong.
func (f *file) fault() error {
	if len(f.faults) == 0 {
		return nil
	}
	text := f.name + ":" + f.faults[0]
	if len(f.faults) > 1 {
		var lines []string
		for _, other := range f.faults[1:min(len(f.faults), 6)] {
			line, _, _ := strings.Cut(other, ":")
			lines = append(lines, line)
		}
		if len(f.faults) > 6 {
			lines = append(lines, "…")
		}
		text += " (and in line " + strings.Join(lines, ", ") + ")"
	}
	return fmt.Errorf("%s: %w", text, ErrFile)
}
