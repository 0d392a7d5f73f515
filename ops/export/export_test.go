package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"glennline/ops/export"
	"glennline/ops/seal"
	"glennline/petition"
	"glennline/petition/sqlite"
)

const banner = `Not signatures; "=none", they say.`

var began = time.Date(2026, 3, 29, 0, 59, 59, 999e6, time.UTC) // the clocks in Brussels go forward a millisecond later

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func id(n int) string { return fmt.Sprintf("01M826ME%018d", n) }

// ledger has the calls 1 to n, a minute apart, and their recordings in archive.
func ledger(t *testing.T, n int) (db *sqlite.DB, archive string) {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "glennline.db")})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	archive = filepath.Join(dir, "archive")
	must(t, os.MkdirAll(filepath.Join(archive, "2026/03/29"), 0o700))
	var calls errgroup.Group // that share commits
	calls.SetLimit(256)
	for i := 1; i <= n; i++ {
		at := began.Add(time.Duration(i-1) * time.Minute)
		voice := fmt.Appendf(nil, "RIFF%d", i)
		path := "2026/03/29/" + id(i) + ".wav"
		must(t, os.WriteFile(filepath.Join(archive, path), voice, 0o400))
		calls.Go(func() error {
			_, err := db.Settle(t.Context(), petition.Call{
				ID: id(i), System: "pbx", UniqueID: fmt.Sprint(i), Line: "main", Dialled: "+3225550100", StartedAt: at,
				Caller: petition.Caller{Class: petition.ClassMobile, Pseudonym: seal.Sum(voice), KeyID: "key"},
			}, petition.Closing{
				CallID: id(i), Ending: petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
				AnsweredAt: at, EndedAt: at.Add(time.Second), Consent: petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
				Voice: &petition.Voice{Path: path, FileSHA256: seal.Sum(voice), AudioSHA256: seal.Sum(voice), Measure: petition.Measure{Seconds: 4.02, SpeechSeconds: 2.1234}},
			})
			return err
		})
	}
	must(t, calls.Wait())
	return db, archive
}

func config(t *testing.T, format string) export.Config {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Brussels")
	must(t, err)
	return export.Config{Format: format, Zone: zone, Banner: banner}
}

func write(t *testing.T, db *sqlite.DB, cfg export.Config) (string, export.Result) {
	t.Helper()
	s, err := db.Snapshot(t.Context())
	must(t, err)
	defer s.Close()
	var out bytes.Buffer
	result, err := export.Write(t.Context(), s, &out, cfg)
	must(t, err)
	return out.String(), result
}

const header = "id,started_at_utc,started_at_local,status,status_reason,duplicate_of,line,caller_class,notice,notice_language,notice_complete,speech_seconds,total_seconds,file_sha256,banner\n"

func TestCSV(t *testing.T) {
	db, _ := ledger(t, 2)
	got, result := write(t, db, config(t, export.CSV))
	want := header +
		id(1) + ",2026-03-29T00:59:59.999Z,2026-03-29T01:59:59.999+01:00,counted,voice,,main,mobile,0123456789ab,fr,true,2.123,4.020," + seal.Sum([]byte("RIFF1")) + `,"Not signatures; ""'=none"", they say."` + "\n" +
		id(2) + ",2026-03-29T01:00:59.999Z,2026-03-29T03:00:59.999+02:00,counted,voice,,main,mobile,0123456789ab,fr,true,2.123,4.020," + seal.Sum([]byte("RIFF2")) + `,"Not signatures; ""'=none"", they say."` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(export.Result{Rows: 2, Totals: map[string]int{"counted": 2}}, result); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	cfg := config(t, export.CSV)
	cfg.Delimiter, cfg.DecimalComma, cfg.BOM = ';', true, true
	got, _ = write(t, db, cfg)
	if !strings.HasPrefix(got, "\ufeffid;started_at_utc;") || !strings.Contains(got, ";true;2,123;4,020;") {
		t.Errorf("for a Belgian spreadsheet:\n%s", got)
	}
	again, _ := write(t, db, cfg)
	if again != got {
		t.Error("the same data gives other bytes")
	}
}

func TestCSVOfNothing(t *testing.T) {
	db, _ := ledger(t, 0)
	got, result := write(t, db, config(t, export.CSV))
	if got != header || result.Rows != 0 {
		t.Errorf("%q, %+v", got, result)
	}
	if got, _ := write(t, db, config(t, export.JSONL)); got != "" {
		t.Errorf("JSON Lines: %q", got)
	}
}

func TestJSONL(t *testing.T) {
	db, _ := ledger(t, 2)
	cfg := config(t, export.JSONL)
	cfg.Filter.Pseudonym, cfg.Filter.TypedName = true, true
	got, _ := write(t, db, cfg)
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%q", got)
	}
	dec := json.NewDecoder(strings.NewReader(lines[0]))
	var row map[string]any
	must(t, dec.Decode(&row))
	want := map[string]any{
		"id": id(1), "started_at_utc": "2026-03-29T00:59:59.999Z", "started_at_local": "2026-03-29T01:59:59.999+01:00",
		"status": "counted", "status_reason": "voice", "duplicate_of": "", "line": "main", "caller_class": "mobile",
		"notice": "0123456789ab", "notice_language": "fr", "notice_complete": true, "speech_seconds": 2.123, "total_seconds": 4.02,
		"file_sha256": seal.Sum([]byte("RIFF1")), "pseudonym": seal.Sum([]byte("RIFF1")), "typed_name": "", "banner": banner,
	}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every format has the columns that are documented, in their order, and none that
// was not asked for.
func TestColumns(t *testing.T) {
	names := func(columns []export.Column) (all []string) {
		for _, c := range columns {
			if c.About == "" {
				t.Errorf("%s is not documented", c.Name)
			}
			all = append(all, c.Name)
		}
		return all
	}
	want, err := csv.NewReader(strings.NewReader(header)).Read()
	must(t, err)
	if diff := cmp.Diff(want, names(export.Columns(false, false))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want = append(want[:len(want)-1], "pseudonym", "typed_name", "banner")
	if diff := cmp.Diff(want, names(export.Columns(true, true))); diff != "" {
		t.Errorf("on request (-want +got):\n%s", diff)
	}
}

func TestRecordings(t *testing.T) {
	db, archive := ledger(t, 5)
	at := func(n int) string { return filepath.Join(archive, "2026/03/29", id(n)+".wav") }
	must(t, os.Remove(at(1)))
	must(t, os.Chmod(at(2), 0o600))
	must(t, os.WriteFile(at(2), []byte("RIFF!"), 0o600))
	must(t, db.Doubt(t.Context(), id(3), "damaged")) // as reconcile does, which moves the file aside
	must(t, os.Remove(at(3)))
	must(t, os.Remove(at(4)))
	must(t, os.Symlink(at(5), at(4)))
	cfg := config(t, export.CSV)
	look, done := export.Presence(archive)
	defer done()
	cfg.Recordings = look
	_, r := write(t, db, cfg)
	if !cmp.Equal(r.Missing.First(), []string{id(1)}) || !cmp.Equal(r.Damaged.First(), []string{id(3), id(4)}) || r.Rows != 5 {
		t.Errorf("by presence: %+v", r)
	}
	cfg.Recordings = export.Hashed(archive)
	_, r = write(t, db, cfg)
	if !cmp.Equal(r.Missing.First(), []string{id(1)}) || !cmp.Equal(r.Damaged.First(), []string{id(2), id(3), id(4)}) || r.Rows != 5 {
		t.Errorf("by hash: %+v", r)
	}
	must(t, os.RemoveAll(archive))
	for _, cfg.Recordings = range []export.Recordings{look, export.Hashed(archive)} {
		if _, r := write(t, db, cfg); r.Missing.Len() != 4 || r.Rows != 5 {
			t.Errorf("without an archive: %+v", r)
		}
	}
}

// failing takes so many bytes, and then none.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	n := min(len(p), f.left)
	if f.left -= n; n < len(p) {
		return n, f.err
	}
	return n, nil
}

// A disk that is full, or a reader that goes away, ends the export at once, at
// any place.
func TestWriteFails(t *testing.T) {
	db, _ := ledger(t, 3000)
	for _, format := range export.Formats {
		whole, _ := write(t, db, config(t, format))
		for _, left := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
			s, err := db.Snapshot(t.Context())
			must(t, err)
			_, err = export.Write(t.Context(), s, &failing{left, syscall.ENOSPC}, config(t, format))
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s, full after %d bytes: %v", format, left, err)
			}
			must(t, s.Close())
		}
	}
}

// So does whoever wants no more of it.
func TestWriteEnds(t *testing.T) {
	db, _ := ledger(t, 3000)
	s, err := db.Snapshot(t.Context())
	must(t, err)
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(t, export.CSV)
	told := 0
	cfg.Progress = func(int) { told++; cancel() }
	if _, err := export.Write(ctx, s, &failing{left: 1 << 30}, cfg); !errors.Is(err, context.Canceled) || told > 3 {
		t.Errorf("%v, after %d times", err, told)
	}
	cfg.Recordings = func(context.Context, *sqlite.ExportRow) (export.Condition, error) { return 0, syscall.EIO }
	if _, err := export.Write(t.Context(), s, &failing{left: 1 << 30}, cfg); !errors.Is(err, syscall.EIO) {
		t.Errorf("an archive that cannot be read: %v", err)
	}
}

// What is taken out before its row is written does not leave.
func TestWriteStopsBeforeWhatIsTakenOut(t *testing.T) {
	db, _ := ledger(t, 2)
	s, err := db.Snapshot(t.Context())
	must(t, err)
	defer s.Close()
	cfg := config(t, export.CSV)
	w, err := s.Watch(t.Context(), cfg.Filter)
	must(t, err)
	cfg.Still = w.Check
	_, err = db.Decide(t.Context(), sqlite.Decision{IDs: []string{id(2)}, Status: petition.StatusWithdrawn, Reason: "asked", Actor: "alice"})
	must(t, err)
	var out strings.Builder
	if _, err := export.Write(t.Context(), s, &out, cfg); !errors.Is(err, sqlite.ErrTakenOut) {
		t.Errorf("error = %v, want ErrTakenOut", err)
	}
	if strings.Contains(out.String(), id(2)) {
		t.Errorf("it left:\n%s", out.String())
	}
}
