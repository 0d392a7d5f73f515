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
// have no names: whatever becomes of this process, they go with it. Each sheet of
// them is written in a workbook of its own and packed when it is full, because
// the library keeps the memory of a sheet, some 30 MB, for as long as its workbook.
type xlsxWriter struct {
	folder  string // of temporary files, of its own
	most    int    // rows of a sheet
	pack    *sortedZip
	book    *excelize.File // of the sheet that is written
	columns []Column
	banner  string

	stream             *excelize.StreamWriter
	sheets, rows       int
	values             []any
	heads, times, nums int // styles
	known              known
}

func newXLSX(to io.Writer, cfg *Config) (*xlsxWriter, error) {
	x := &xlsxWriter{most: maxSheetRows, banner: cfg.Banner, known: make(known)}
	var err error
	if x.folder, err = os.MkdirTemp(cfg.TempDir, ".glennline-*"); err != nil {
		return nil, err
	}
	if x.pack, err = newSortedZip(to, x.folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(x.folder))
	}
	return x, nil
}

// workbook begins a workbook. All have the same styles.
func (x *xlsxWriter) workbook() (err error) {
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
	return err
}

func (x *xlsxWriter) begin(columns []Column) error {
	x.columns, x.values = columns, make([]any, len(columns))
	return x.sheet()
}

// sheetName is that of the nth sheet of rows, and sheetPart its file in a workbook.
func sheetName(n int) string {
	if n == 1 {
		return rowSheet
	}
	return rowSheet + " " + strconv.Itoa(n)
}

func sheetPart(n int) string { return "xl/worksheets/sheet" + strconv.Itoa(n) + ".xml" }

// place is where a sheet of rows stands in the workbook that it is written in: the
// first of a workbook alone is the one that is seen when it is opened.
func place(n int) int { return min(n, 2) }

// sheet begins the next sheet of rows.
func (x *xlsxWriter) sheet() error {
	x.sheets++
	if err := x.workbook(); err != nil {
		return err
	}
	name := sheetName(x.sheets)
	if err := x.addSheet(place(x.sheets), name); err != nil {
		return err
	}
	var err error
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

// addSheet adds the nth sheet to the workbook, of which the first is there and unnamed.
func (x *xlsxWriter) addSheet(n int, name string) error {
	if n == 1 {
		return x.book.SetSheetName("Sheet1", name)
	}
	_, err := x.book.NewSheet(name)
	return err
}

// packSheet ends a sheet of rows, and its workbook.
func (x *xlsxWriter) packSheet() error {
	if err := x.stream.Flush(); err != nil {
		return err
	}
	err := x.writeBook(func(part string) string {
		if part == sheetPart(place(x.sheets)) {
			return sheetPart(x.sheets)
		}
		return ""
	})
	x.stream = nil
	return errors.Join(err, x.closeBook())
}

// writeBook packs those parts of the workbook that as gives a name to.
func (x *xlsxWriter) writeBook(as func(part string) string) error {
	x.book.ZipWriter = func(io.Writer) excelize.ZipWriter { return chosen{x.pack, as} }
	_, err := x.book.WriteTo(io.Discard) // the library would keep it in memory
	return err
}

func (x *xlsxWriter) row(cells []cell) error {
	if x.rows == x.most {
		if err := x.packSheet(); err != nil {
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
	// does not show: a bit more, of which 15 digits keep enough, so that 24.000 does
	// not stand there as 23.999.
	const bit = 0.05
	return epoch + (float64(at.UnixMilli()+int64(offset)*1000)+bit)/day
}

// close ends the last sheet of rows, adds the workbook around all of them with what
// the law says and what the columns are, and packs everything.
func (x *xlsxWriter) close() error {
	if err := x.packSheet(); err != nil {
		return err
	}
	if err := x.workbook(); err != nil {
		return err
	}
	there := make(map[string]bool)
	for n := 1; n <= x.sheets; n++ {
		if err := x.addSheet(n, sheetName(n)); err != nil {
			return err
		}
		there[sheetPart(n)] = true
	}
	if err := x.about(); err != nil {
		return fmt.Errorf("sheet %s: %w", bannerSheet, err)
	}
	err := x.writeBook(func(part string) string {
		if there[part] {
			return ""
		}
		return part
	})
	if err != nil {
		return err
	}
	return x.pack.Close()
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

// closeBook ends a workbook, whose temporary files have no names already.
func (x *xlsxWriter) closeBook() error {
	err := x.unlink()
	_ = x.book.Close() // which misses their names
	x.book = nil
	return err
}

// discard removes temporary files, whatever was reached.
func (x *xlsxWriter) discard() {
	if x.book != nil {
		_ = x.closeBook()
	}
	x.pack.discard()
	os.RemoveAll(x.folder)
}
