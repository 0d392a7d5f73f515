package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"glennline/ops/seal"
	"glennline/petition/sqlite"
)

// The formats.
const (
	CSV   = "csv"
	JSONL = "jsonl"
	XLSX  = "xlsx"
)

// Formats are all of them.
var Formats = []string{CSV, JSONL, XLSX}

// Delimiters are what can stand between the cells of CSV.
const Delimiters = ",;\t|"

// Config says what to write.
type Config struct {
	Filter     sqlite.ExportFilter
	Format     string
	Zone       *time.Location // of local times
	Banner     string         // what the law says of the rows
	Recordings Recordings     // nil to look at none
	Progress   func(rows int) // called now and then; nil for nobody

	// Still is called before rows are written and once all are; its error ends it. It
	// says whether they may leave still; nil for a yes.
	Still func(context.Context) error

	// Of CSV alone.
	Delimiter    byte // one of Delimiters; 0 for a comma
	DecimalComma bool // as a Belgian spreadsheet expects it
	BOM          bool // a byte-order mark, so that it is read as UTF-8

	// TempDir is where rows of XLSX lie in clear on their way, about a kilobyte each, and
	// the lists of Result where they are long; the system's folder if "".
	TempDir string
}

// Result is what was written.
type Result struct {
	Rows   int
	Totals map[string]int // by status

	// Signatures whose recording is not as it was, by their ids, in the order of the rows.
	Missing *seal.List
	Damaged *seal.List
	Removed *seal.List // their time was over
}

// Close lets go of the lists, which are in no use then but for their lengths and those
// who came first.
func (r Result) Close() error {
	return errors.Join(r.Missing.Close(), r.Damaged.Close(), r.Removed.Close())
}

// writer writes rows in a format.
type writer interface {
	begin(columns []Column) error
	row(cells []cell) error
	close() error
	discard() // always called at the end
}

func newWriter(to io.Writer, cfg *Config) (writer, error) {
	switch cfg.Format {
	case CSV:
		return newCSV(to, cfg), nil
	case JSONL:
		return newJSON(to), nil
	case XLSX:
		return newXLSX(to, cfg)
	}
	return nil, fmt.Errorf("%q is no format", cfg.Format)
}

// Write writes the signatures that are asked for and may leave. After an error
// what was written is of no use, and Result says how much it was. Who calls it closes
// the result.
func Write(ctx context.Context, from *sqlite.Snapshot, to io.Writer, cfg Config) (Result, error) {
	out := bufio.NewWriterSize(to, 256<<10)
	w, err := newWriter(out, &cfg)
	if err != nil {
		return Result{}, err
	}
	defer w.discard()
	e := &exporting{cfg: &cfg, w: w, columns: Columns(cfg.Filter.Pseudonym, cfg.Filter.TypedName)}
	e.cells = make([]cell, len(e.columns))
	e.result.Totals = make(map[string]int)
	err = w.begin(e.columns)
	if err == nil {
		err = e.run(ctx, from)
	}
	if err == nil {
		err = e.still(ctx)
	}
	if err == nil {
		err = w.close()
	}
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = e.still(ctx) // whoever reads takes as long as they like
	}
	return e.result, err
}

// exporting is an export on its way.
type exporting struct {
	cfg     *Config
	w       writer
	columns []Column
	cells   []cell
	result  Result
}

// batch is how many rows go from the goroutine that reads to the one that
// writes at once.
const batch = 1024

// run reads and writes at the same time.
func (e *exporting) run(ctx context.Context, from *sqlite.Snapshot) error {
	full, empty := make(chan []sqlite.ExportRow, 2), make(chan []sqlite.ExportRow, 4)
	for range cap(empty) {
		empty <- make([]sqlite.ExportRow, 0, batch)
	}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		defer close(full)
		rows := <-empty
		err := from.ExportRows(ctx, e.cfg.Filter, func(row *sqlite.ExportRow) error {
			if rows = append(rows, *row); len(rows) < batch {
				return nil
			}
			select {
			case full <- rows:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			select {
			case rows = <-empty:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
		if err != nil {
			return err
		}
		select {
		case full <- rows:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	both.Go(func() error {
		for rows := range full {
			if ctx.Err() != nil { // whoever reads may be done already
				return context.Cause(ctx)
			}
			if err := e.still(ctx); err != nil {
				return err
			}
			for i := range rows {
				if err := e.row(ctx, &rows[i]); err != nil {
					return err
				}
			}
			if e.cfg.Progress != nil {
				e.cfg.Progress(e.result.Rows)
			}
			empty <- rows[:0]
		}
		return nil
	})
	return both.Wait()
}

func (e *exporting) still(ctx context.Context) error {
	if e.cfg.Still == nil {
		return nil
	}
	return e.cfg.Still(ctx)
}

func (e *exporting) row(ctx context.Context, row *sqlite.ExportRow) error {
	if slices.Contains(sqlite.NeverLeave, row.Status) {
		return fmt.Errorf("signature %s is %s, which never leaves", row.ID, row.Status)
	}
	if e.cfg.Recordings != nil && row.Path != "" {
		condition, err := e.cfg.Recordings(ctx, row)
		if err != nil {
			return err
		}
		switch condition {
		case Missing:
			e.absent(&e.result.Missing, row.ID)
		case Damaged:
			e.absent(&e.result.Damaged, row.ID)
		case Removed:
			e.absent(&e.result.Removed, row.ID)
		case There:
		}
	}
	for i := range e.columns {
		e.columns[i].fill(&e.cells[i], row, e.cfg)
	}
	if err := e.w.row(e.cells); err != nil {
		return err
	}
	e.result.Rows++
	e.result.Totals[string(row.Status)]++
	return nil
}

func (e *exporting) absent(from **seal.List, id string) {
	if *from == nil {
		*from = seal.NewList(e.cfg.TempDir)
	}
	(*from).Add(id)
}
