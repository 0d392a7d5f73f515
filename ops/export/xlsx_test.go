package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"glennline/ops/seal"
	"glennline/petition/sqlite"
)

// workbook is one of so many rows, at most most a sheet.
func workbook(t *testing.T, most, rows int) []byte {
	t.Helper()
	folder := t.TempDir()
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Zone: zone, Banner: "=not a formula", TempDir: folder}
	var out bytes.Buffer
	x, err := newXLSX(&out, &cfg)
	if err != nil {
		t.Fatal(err)
	}
	x.most = most
	chosen := Columns(false, true)
	if err := x.begin(chosen); err != nil {
		t.Fatal(err)
	}
	cells := make([]cell, len(chosen))
	for n := range rows {
		row := sqlite.ExportRow{
			ID: fmt.Sprintf("01M826ME%018d", n), StartedAt: time.Date(2026, 3, 29, 0, 59, 59, 123e6, time.UTC).Add(time.Duration(n) * time.Minute),
			Status: "counted", Line: "main", SpeechSeconds: 2.12345, Seconds: 4, FileSHA256: strconv.Itoa(n), TypedName: "+1\x00é",
		}
		row.Consent.Notice = "123456789012" // and no number
		for i := range chosen {
			chosen[i].fill(&cells[i], &row, &cfg)
		}
		if err := x.row(cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.close(); err != nil {
		t.Fatal(err)
	}
	x.discard()
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("temporary files: %v, %v", left, err)
	}
	return out.Bytes()
}

func TestXLSX(t *testing.T) {
	book, err := excelize.OpenReader(bytes.NewReader(workbook(t, maxSheetRows, 2)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if got := book.GetSheetList(); !slices.Equal(got, []string{"Signatures", "About"}) {
		t.Errorf("sheets %q", got)
	}
	rows, err := book.GetRows("Signatures")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"id", "started_at_utc", "started_at_local", "status", "status_reason", "duplicate_of", "line", "caller_class", "notice", "notice_language", "notice_complete", "speech_seconds", "total_seconds", "file_sha256", "typed_name", "banner"},
		{"01M826ME000000000000000000", "2026-03-29 00:59:59.123", "2026-03-29 01:59:59.123", "counted", "", "", "main", "", "123456789012", "", "FALSE", "2.123", "4.000", "0", "'+1 é", "'=not a formula"},
		{"01M826ME000000000000000001", "2026-03-29 01:00:59.123", "2026-03-29 03:00:59.123", "counted", "", "", "main", "", "123456789012", "", "FALSE", "2.123", "4.000", "1", "'+1 é", "'=not a formula"},
	}
	// The library shows no milliseconds; they are there.
	for i := 1; i < len(rows); i++ {
		for j := 1; j <= 2; j++ {
			raw, err := book.GetCellValue("Signatures", fmt.Sprintf("%c%d", 'A'+j, i+1), excelize.Options{RawCellValue: true})
			days, bad := strconv.ParseFloat(raw, 64)
			if err != nil || bad != nil {
				t.Fatal(raw, err, bad)
			}
			midnight := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
			at := midnight.AddDate(0, 0, int(days)).Add(time.Duration((days - math.Floor(days)) * float64(24*time.Hour)))
			rows[i][j] = at.Truncate(time.Millisecond).Format("2006-01-02 15:04:05.000")
		}
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for cell, want := range map[string]excelize.CellType{
		"A2": excelize.CellTypeInlineString, "I2": excelize.CellTypeInlineString, "N2": excelize.CellTypeInlineString,
		"P2": excelize.CellTypeInlineString, "K2": excelize.CellTypeBool, "L2": excelize.CellTypeUnset, "B2": excelize.CellTypeUnset,
	} {
		if got, err := book.GetCellType("Signatures", cell); err != nil || got != want {
			t.Errorf("%s has type %d, %v; want %d", cell, got, err, want)
		}
	}
	about, err := book.GetRows("About")
	if err != nil || about[0][0] != "'=not a formula" || about[3][0] != "id" || len(about) != 3+16 {
		t.Errorf("%q, %v", about, err)
	}
}

// What does not fit into a sheet goes on in the next, and all of them have the
// same bytes each time.
func TestXLSXOfSeveralSheets(t *testing.T) {
	whole := workbook(t, 3, 6)
	for range 8 { // the library gives sheets in a random order
		if again := workbook(t, 3, 6); !bytes.Equal(whole, again) {
			t.Fatal("the same data gives other bytes")
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if got := book.GetSheetList(); !slices.Equal(got, []string{"Signatures", "Signatures 2", "Signatures 3", "About"}) {
		t.Errorf("sheets %q", got)
	}
	for _, name := range book.GetSheetList()[:3] {
		rows, err := book.GetRows(name)
		if err != nil || len(rows) != 3 || rows[0][0] != "id" {
			t.Errorf("%s: %q, %v", name, rows, err)
		}
	}
}

// Nobody's text begins a formula or ends a line, whichever column it comes to.
func TestEveryTextIsGuarded(t *testing.T) {
	const evil = "=1+1\n\"x"
	row := sqlite.ExportRow{
		ID: evil, Status: evil, StatusReason: evil, DuplicateOf: evil, Line: evil, Class: evil,
		FileSHA256: evil, Pseudonym: evil, TypedName: evil,
	}
	row.Consent.Notice, row.Consent.Language = evil, evil
	chosen := Columns(true, true)
	for _, format := range Formats {
		cfg := Config{Format: format, Zone: time.UTC, Banner: evil}
		var out bytes.Buffer
		w, err := newWriter(&out, &cfg)
		if err != nil {
			t.Fatal(err)
		}
		cells := make([]cell, len(chosen))
		for i := range chosen {
			chosen[i].fill(&cells[i], &row, &cfg)
		}
		if err := errors.Join(w.begin(chosen), w.row(cells), w.close()); err != nil {
			t.Fatal(err)
		}
		var values []string
		switch format {
		case CSV:
			all, err := csv.NewReader(&out).ReadAll()
			if err != nil || len(all) != 2 {
				t.Fatalf("%q, %v", all, err)
			}
			values = all[1]
		case JSONL:
			var object map[string]any
			if err := json.Unmarshal(out.Bytes(), &object); err != nil || object["id"] != evil || object["banner"] != evil {
				t.Errorf("%q, %v", object, err)
			}
			continue
		case XLSX:
			book, err := excelize.OpenReader(&out)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := book.GetRows("Signatures")
			if err = errors.Join(err, book.Close()); err != nil {
				t.Fatal(err)
			}
			values = rows[1]
		}
		texts := 0
		for i, c := range cells {
			if c.kind != text && c.kind != code {
				continue
			}
			if texts++; values[i] != `'=1+1 "x` {
				t.Errorf("%s: %s is %q", format, chosen[i].Name, values[i])
			}
		}
		if texts != 12 {
			t.Errorf("%d columns of text", texts)
		}
		w.discard()
	}
}

// Every format is read again as it was written, but for what nobody proves.
func TestReaders(t *testing.T) {
	row := sqlite.ExportRow{ID: "01M826ME000000000000000001", Status: "counted", FileSHA256: seal.Sum(nil), TypedName: "\"a\",;\n=b"}
	want := []seal.Row{{ID: row.ID, Status: "counted", SHA256: row.FileSHA256}, {ID: row.ID, Status: "counted", SHA256: row.FileSHA256}}
	for name, cfg := range map[string]Config{
		"csv":     {Format: CSV},
		"belgian": {Format: CSV, Delimiter: ';', DecimalComma: true, BOM: true},
		"tabs":    {Format: CSV, Delimiter: '\t'},
		"jsonl":   {Format: JSONL},
		"xlsx":    {Format: XLSX},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Zone, cfg.Banner = time.UTC, "none; \"of\" these"
			var out bytes.Buffer
			w, err := newWriter(&out, &cfg)
			if err != nil {
				t.Fatal(err)
			}
			chosen := Columns(true, true)
			cells := make([]cell, len(chosen))
			if err := w.begin(chosen); err != nil {
				t.Fatal(err)
			}
			for range want {
				for i := range chosen {
					chosen[i].fill(&cells[i], &row, &cfg)
				}
				if err := w.row(cells); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.close(); err != nil {
				t.Fatal(err)
			}
			var got []seal.Row
			take := func(r seal.Row) error {
				got = append(got, r)
				return nil
			}
			if err := Readers[cfg.Format](t.Context(), &out, take); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadersRefuse(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for format, texts := range map[string][]string{
		CSV:   {"", "id;status\n1;2\n", "a,b,c\n", "id,status,file_sha256\n\"1\n", "id,status,file_sha256\n1,2\n"},
		JSONL: {"{", "id,status\n", `{"id":7}` + "\n"},
		XLSX:  {"", "PK", strings.Repeat("x", 10000)},
	} {
		for _, text := range texts {
			if err := Readers[format](t.Context(), strings.NewReader(text), func(seal.Row) error { return nil }); err == nil {
				t.Errorf("%s of %.20q is no error", format, text)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("temporary files: %q, %v", left, err)
	}
}
