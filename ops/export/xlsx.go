package export

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// maxSheetRows are those of a sheet, its header with them (ECMA-376, as Excel has
// it).
const maxSheetRows = excelize.TotalRows

// The sheets. Rows that do not fit go on in "Signatures 2".
const (
	rowSheet    = "Signatures"
	bannerSheet = "About"
)

// coreProperties say who made the file and not when: the same data gives the same
// bytes.
const coreProperties = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
	`xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>glennline</dc:creator></cp:coreProperties>`

// xlsxWriter writes a workbook. Rows lie in temporary files on their way, which
// have no names: whatever becomes of this process, they go with it.
type xlsxWriter struct {
	to      io.Writer
	folder  string // of temporary files, of its own
	most    int    // rows of a sheet
	book    *excelize.File
	columns []Column
	banner  string

	stream             *excelize.StreamWriter
	sheets, rows       int
	values             []any
	heads, times, nums int // styles
	known              known
}

func newXLSX(to io.Writer, cfg *Config) (*xlsxWriter, error) {
	x := &xlsxWriter{to: to, most: maxSheetRows, banner: cfg.Banner, known: make(known)}
	var err error
	if x.folder, err = os.MkdirTemp(cfg.TempDir, ".glennline-*"); err != nil {
		return nil, err
	}
	x.book = excelize.NewFile(excelize.Options{TmpDir: x.folder})
	x.book.Pkg.Store("docProps/core.xml", []byte(coreProperties))
	style := func(s excelize.Style) (id int) {
		if err == nil {
			id, err = x.book.NewStyle(&s)
		}
		return id
	}
	x.heads = style(excelize.Style{Font: &excelize.Font{Bold: true}})
	x.times = style(excelize.Style{CustomNumFmt: new("yyyy-mm-dd hh:mm:ss.000")})
	x.nums = style(excelize.Style{CustomNumFmt: new("0.000")})
	return x, err
}

func (x *xlsxWriter) begin(columns []Column) error {
	x.columns, x.values = columns, make([]any, len(columns))
	return x.sheet()
}

// sheet begins the next sheet of rows.
func (x *xlsxWriter) sheet() error {
	name := rowSheet
	var err error
	if x.sheets++; x.sheets == 1 {
		err = x.book.SetSheetName("Sheet1", name)
	} else {
		name += " " + strconv.Itoa(x.sheets)
		_, err = x.book.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if x.stream, err = x.book.NewStreamWriter(name); err != nil {
		return err
	}
	if err := x.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, c := range x.columns {
		if err := x.stream.SetColWidth(i+1, i+1, width(c)); err != nil {
			return err
		}
		x.values[i] = excelize.Cell{StyleID: x.heads, Value: c.Name}
	}
	x.rows = 0
	return x.set()
}

// width of a column, in characters.
func width(c Column) float64 {
	switch c.Name {
	case columnID, "duplicate_of":
		return 31
	case "started_at_utc", "started_at_local":
		return 24
	}
	return float64(max(10, len(c.Name)+2))
}

func (x *xlsxWriter) set() error {
	x.rows++
	if x.rows%1024 == 0 {
		if err := x.unlink(); err != nil {
			return err
		}
	}
	return x.stream.SetRow("A"+strconv.Itoa(x.rows), x.values)
}

// unlink takes the names of temporary files away, which the library only needs
// open.
func (x *xlsxWriter) unlink() error {
	files, err := os.ReadDir(x.folder)
	for _, f := range files {
		err = errors.Join(err, os.Remove(filepath.Join(x.folder, f.Name())))
	}
	return err
}

func (x *xlsxWriter) row(cells []cell) error {
	if x.rows == x.most {
		if err := x.stream.Flush(); err != nil {
			return err
		}
		if err := x.sheet(); err != nil {
			return err
		}
	}
	for i := range cells {
		switch cell := &cells[i]; cell.kind {
		case text:
			x.values[i] = x.known.form(cell.text, guard)
		case code:
			x.values[i] = guard(cell.text)
		case number:
			x.values[i] = excelize.Cell{StyleID: x.nums, Value: math.Round(cell.number*1000) / 1000}
		case truth:
			x.values[i] = cell.truth
		case moment:
			x.values[i] = excelize.Cell{StyleID: x.times, Value: serial(cell.moment)}
		}
	}
	return x.set()
}

// serial is what stands on a clock, in days as spreadsheets count them, which
// know no time zones.
func serial(at time.Time) float64 {
	_, offset := at.Zone()
	const day = 24 * 60 * 60 * 1000
	const epoch = 25569 // 1970-01-01, in days since 1899-12-30
	// A number of days is never quite a millisecond, and LibreOffice cuts off what it
	// does not show: a bit more, of which 15 digits keep enough, so that 24.000 does not stand there as 23.999.
	const bit = 0.05
	return epoch + (float64(at.UnixMilli()+int64(offset)*1000)+bit)/day
}

// close ends the last sheet of rows, adds what the law says and what the columns
// are, and packs everything.
func (x *xlsxWriter) close() error {
	if err := x.stream.Flush(); err != nil {
		return err
	}
	if err := x.about(); err != nil {
		return fmt.Errorf("sheet %s: %w", bannerSheet, err)
	}
	pack, err := newSortedZip(x.to, x.folder)
	if err != nil {
		return err
	}
	defer pack.discard()
	x.book.ZipWriter = func(io.Writer) excelize.ZipWriter { return pack }
	_, err = x.book.WriteTo(io.Discard) // the library would keep it in memory
	return err
}

func (x *xlsxWriter) about() error {
	if _, err := x.book.NewSheet(bannerSheet); err != nil {
		return err
	}
	rows := [][]any{{guard(x.banner)}, nil, {"column", "unit", "what it is"}}
	for _, c := range x.columns {
		rows = append(rows, []any{c.Name, c.Unit, c.About})
	}
	for i, row := range rows {
		if err := x.book.SetSheetRow(bannerSheet, "A"+strconv.Itoa(i+1), &row); err != nil {
			return err
		}
	}
	for column, width := range map[string]float64{"A": 20, "B": 14, "C": 100} {
		if err := x.book.SetColWidth(bannerSheet, column, column, width); err != nil {
			return err
		}
	}
	return x.book.SetCellStyle(bannerSheet, "A3", "C3", x.heads)
}

// discard removes temporary files, whatever was reached.
func (x *xlsxWriter) discard() {
	_ = x.book.Close() // which misses their names
	os.RemoveAll(x.folder)
}
