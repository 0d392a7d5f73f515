package export

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"glennline/ops/seal"
)

// Readers give what is proved of rows, by the format of their file.
var Readers = map[string]seal.RowReader{CSV: readCSV, JSONL: readJSON, XLSX: readXLSX}

// proved are the columns of a seal.Row, by where they stand in a header.
type proved struct{ id, status, hash int }

func find(header []string) (proved, error) {
	p := proved{slices.Index(header, columnID), slices.Index(header, columnStatus), slices.Index(header, columnHash)}
	if min(p.id, p.status, p.hash) < 0 {
		return p, fmt.Errorf("its header has no %s, %s and %s", columnID, columnStatus, columnHash)
	}
	return p, nil
}

func (p proved) row(cells []string) seal.Row {
	at := func(i int) string {
		if i < len(cells) {
			return strings.Clone(cells[i]) // whose line is used again
		}
		return ""
	}
	return seal.Row{ID: at(p.id), Status: at(p.status), SHA256: at(p.hash)}
}

// readCSV finds out by the header what stands between the cells.
func readCSV(_ context.Context, r io.Reader, row func(seal.Row) error) error {
	in := bufio.NewReaderSize(r, 256<<10)
	if mark, err := in.Peek(len("\ufeff")); err == nil && string(mark) == "\ufeff" {
		_, _ = in.Discard(len(mark))
	}
	lines := csv.NewReader(in)
	lines.ReuseRecord = true
	if begin, err := in.Peek(len(columnID) + 1); err == nil && strings.IndexByte(Delimiters, begin[len(columnID)]) >= 0 {
		lines.Comma = rune(begin[len(columnID)])
	}
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("it has no header")
	}
	if err != nil {
		return err
	}
	columns, err := find(header)
	if err != nil {
		return err
	}
	for {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := row(columns.row(cells)); err != nil {
			return err
		}
	}
}

func readJSON(_ context.Context, r io.Reader, row func(seal.Row) error) error {
	dec := json.NewDecoder(bufio.NewReaderSize(r, 256<<10))
	for {
		var line struct {
			ID     string `json:"id"`
			Status string `json:"status"`
			SHA256 string `json:"file_sha256"`
		}
		if err := dec.Decode(&line); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := row(seal.Row{ID: line.ID, Status: line.Status, SHA256: line.SHA256}); err != nil {
			return err
		}
	}
}

// readXLSX reads every sheet of rows. What is no file yet, because it was
// encrypted, is one for as long as it is read.
func readXLSX(ctx context.Context, r io.Reader, row func(seal.Row) error) (err error) {
	f, ok := r.(*os.File)
	if !ok {
		if f, err = os.CreateTemp("", "glennline-*.xlsx"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
		if _, err := io.Copy(f, r); err != nil {
			return err
		}
	}
	book, err := excelize.OpenFile(f.Name())
	if err != nil {
		return err
	}
	defer book.Close()
	for _, name := range book.GetSheetList() {
		if name != rowSheet && !strings.HasPrefix(name, rowSheet+" ") {
			continue
		}
		if err := readSheet(ctx, book, name, row); err != nil {
			return fmt.Errorf("sheet %q: %w", name, err)
		}
	}
	return nil
}

func readSheet(ctx context.Context, book *excelize.File, name string, row func(seal.Row) error) error {
	rows, err := book.Rows(name)
	if err != nil {
		return err
	}
	defer rows.Close()
	var columns *proved
	for rows.Next() {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case columns == nil:
			found, err := find(cells)
			if err != nil {
				return err
			}
			columns = &found
		default:
			if err := row(columns.row(cells)); err != nil {
				return err
			}
		}
	}
	return rows.Error()
}
