//go:build heavy

package export

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glennline/ops/seal"
)

// One row more than fit into a sheet, as Excel has it.
func TestMoreRowsThanASheetHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, err := newXLSX(f, &Config{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer x.discard()
	var chosen []Column
	for _, c := range columns {
		if c.Name == columnID || c.Name == columnStatus || c.Name == columnHash {
			chosen = append(chosen, c)
		}
	}
	if err := x.begin(chosen); err != nil {
		t.Fatal(err)
	}
	const rows = maxSheetRows // with a header each
	cells := []cell{{kind: code, text: "01M826ME000000000000000001"}, {kind: code, text: "counted"}, {kind: code, text: "0"}}
	for range rows {
		if err := x.row(cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := readXLSX(t.Context(), f, func(seal.Row) error { n++; return nil }); err != nil || n != rows {
		t.Errorf("%d rows, %v; want %d", n, err, rows)
	}
	book, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	sheets := 0
	for _, part := range book.File {
		if strings.HasPrefix(part.Name, "xl/worksheets/") {
			sheets++
		}
	}
	if sheets != 3 {
		t.Errorf("%d sheets, want two of rows and one about them", sheets)
	}
}
