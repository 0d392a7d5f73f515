package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"glennline/petition/sqlite"
)

// made is a database of so many calls, closed.
func made(t *testing.T, calls int) string {
	t.Helper()
	p := path(t)
	db := opened(t, sqlite.Config{Path: p})
	for n := range calls {
		if _, err := db.Settle(t.Context(), call(n), message(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// execute changes a database behind the ledger's back.
func execute(t *testing.T, path string, statements ...string) {
	t.Helper()
	pool, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, s := range statements {
		if _, err := pool.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestOpenMakesFilesThatOthersCannotRead(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		t.Run(fmt.Sprintf("umask %03o", umask), func(t *testing.T) {
			p := path(t)
			defer syscall.Umask(syscall.Umask(umask))
			db := opened(t, sqlite.Config{Path: p})
			begin(t, db, call(1))
			entries, err := os.ReadDir(filepath.Dir(p))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, entry := range entries {
				names = append(names, entry.Name())
				info, err := entry.Info()
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode() != 0o600 {
					t.Errorf("%s has mode %v, want 0600", entry.Name(), info.Mode())
				}
			}
			if got := strings.Join(names, " "); got != "petition.db petition.db-shm petition.db-wal" {
				t.Errorf("files: %s", got)
			}
			if err := db.Close(); err != nil { // with the umask still set
				t.Fatal(err)
			}
		})
	}
}

func TestOpenTightensADatabaseThatOthersCanRead(t *testing.T) {
	p := made(t, 1)
	if err := os.Chmod(p, 0o644); err != nil {
		t.Fatal(err)
	}
	db := opened(t, sqlite.Config{Path: p})
	begin(t, db, call(2))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(p + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("petition.db%s has mode %v, want 0600", suffix, info.Mode())
		}
	}
}

func TestOpenIsDurable(t *testing.T) {
	db := opened(t, sqlite.Config{Path: path(t)})
	for pragma, want := range map[string]string{
		"synchronous":   "2", // FULL
		"journal_mode":  "wal",
		"foreign_keys":  "1",
		"secure_delete": "1",
		"busy_timeout":  "2000",
	} {
		if got, err := db.Pragma(t.Context(), "PRAGMA "+pragma); err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", pragma, got, err, want)
		}
	}
}

func TestOpenTakesAnyPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "données 100% #1?mode=ro&x=é")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	begin(t, opened(t, sqlite.Config{Path: filepath.Join(dir, "a b?.db")}), call(1))
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 || entries[0].Name() != "a b?.db" {
		t.Errorf("files %v, %v; want the database, its -shm and -wal", entries, err)
	}
}

func TestOpenOfManyAtOnceMakesOneDatabase(t *testing.T) {
	p := path(t)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			db, err := sqlite.Open(t.Context(), sqlite.Config{Path: p})
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(db.Begin(t.Context(), call(n)), db.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	db := opened(t, sqlite.Config{Path: p})
	if rows := list(t, db, sqlite.Filter{}); len(rows) != 8 {
		t.Errorf("%d calls, want 8", len(rows))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(p)); len(entries) != 1 {
		t.Errorf("the folder holds %v, want the database alone", entries)
	}
}

func TestOpenRefusesWhatIsNoSoundDatabase(t *testing.T) {
	sound := read(t, made(t, 300))
	page := func(n int) int { return n * 4096 }
	overwritten := func(from, to int) []byte {
		raw := bytes.Clone(sound)
		copy(raw[from:to], bytes.Repeat([]byte("garbage!"), (to-from+7)/8))
		return raw
	}
	tests := map[string]struct {
		raw  []byte
		says string
		deep bool // only whoever reads every page sees it
	}{
		"empty":                  {nil, "the file is empty", false},
		"text":                   {[]byte("not a database, but long enough to hold the header of one, if only there were one in these lines.\n"), "no SQLite database", false},
		"a word":                 {[]byte("hello"), "the file ends after 5 bytes", false},
		"zeros":                  {make([]byte, page(4)), "no SQLite database", false},
		"cut in the magic":       {sound[:10], "the file ends after 10 bytes", false},
		"cut in the header":      {sound[:60], "the file ends after 60 bytes", false},
		"cut after the header":   {sound[:100], "", false},
		"cut after a page":       {sound[:page(1)], "", false},
		"cut within a page":      {sound[:page(3)+100], "", false},
		"cut in half":            {sound[:len(sound)/2], "", false},
		"cut by a page":          {sound[:len(sound)-page(1)], "", false},
		"header overwritten":     {overwritten(0, 100), "no SQLite database", false},
		"first page overwritten": {overwritten(100, page(1)), "", false},
		"pages overwritten":      {overwritten(page(2), page(20)), "", true},
		"last page overwritten":  {overwritten(len(sound)-page(1), len(sound)), "", true},
		"a page of zeros":        {append(append(bytes.Clone(sound[:page(9)]), make([]byte, page(1))...), sound[page(10):]...), "", true},
	}
	for name, tt := range tests {
		for _, readOnly := range []bool{false, true} {
			if readOnly && tt.deep {
				continue
			}
			t.Run(fmt.Sprintf("%s, read-only %v", name, readOnly), func(t *testing.T) {
				p := path(t)
				if err := os.WriteFile(p, tt.raw, 0o600); err != nil {
					t.Fatal(err)
				}
				db, err := sqlite.Open(t.Context(), sqlite.Config{Path: p, ReadOnly: readOnly})
				if err == nil {
					_ = db.Close()
				}
				if !errors.Is(err, sqlite.ErrCorrupt) || !errors.Is(err, sqlite.ErrUnavailable) {
					t.Fatalf("error = %v, want ErrCorrupt", err)
				}
				for _, want := range []string{p, tt.says, "recordings in the archive are not affected"} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("error %q does not say %q", err, want)
					}
				}
				if !bytes.Equal(read(t, p), tt.raw) {
					t.Error("the file was changed")
				}
			})
		}
	}
}

func TestOpenRefusesTheDatabaseOfAnotherProgram(t *testing.T) {
	p := path(t)
	execute(t, p, `CREATE TABLE calls (id TEXT)`)
	before := read(t, p)
	_, err := sqlite.Open(t.Context(), sqlite.Config{Path: p})
	if !errors.Is(err, sqlite.ErrForeign) || !strings.Contains(err.Error(), p) {
		t.Errorf("error = %v, want ErrForeign with the file's name", err)
	}
	if !bytes.Equal(read(t, p), before) {
		t.Error("the file was changed")
	}
	if _, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Dir(p)}); !errors.Is(err, sqlite.ErrForeign) {
		t.Errorf("a folder: error = %v, want ErrForeign", err)
	}
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	p := made(t, 1)
	execute(t, p,
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`,
		`ALTER TABLE calls RENAME TO conversations`)
	before := read(t, p)
	for _, readOnly := range []bool{false, true} {
		_, err := sqlite.Open(t.Context(), sqlite.Config{Path: p, ReadOnly: readOnly})
		if !errors.Is(err, sqlite.ErrNewerSchema) || !strings.Contains(err.Error(), p) || !strings.Contains(err.Error(), "999") {
			t.Errorf("read-only %v: error = %v, want ErrNewerSchema with the file's name and schema", readOnly, err)
		}
	}
	if !bytes.Equal(read(t, p), before) {
		t.Error("the file was changed")
	}
}

func TestOpenReadOnly(t *testing.T) {
	t.Run("looks at what the service writes", func(t *testing.T) {
		p := path(t)
		service := opened(t, sqlite.Config{Path: p})
		begin(t, service, call(1))
		command := opened(t, sqlite.Config{Path: p, ReadOnly: true})
		begin(t, service, call(2))
		if rows := list(t, command, sqlite.Filter{}); len(rows) != 2 {
			t.Errorf("%d calls, want 2", len(rows))
		}
	})
	t.Run("writes nothing", func(t *testing.T) {
		p := made(t, 1)
		db := opened(t, sqlite.Config{Path: p, ReadOnly: true})
		for _, err := range []error{
			db.Begin(t.Context(), call(2)),
			db.BindSecret(t.Context(), keyID, pseudonym),
		} {
			if !errors.Is(err, sqlite.ErrReadOnly) {
				t.Errorf("error = %v, want ErrReadOnly", err)
			}
		}
	})
	t.Run("makes nothing", func(t *testing.T) {
		p := path(t)
		_, err := sqlite.Open(t.Context(), sqlite.Config{Path: p, ReadOnly: true})
		if !errors.Is(err, sqlite.ErrNoDatabase) || !strings.Contains(err.Error(), p) {
			t.Errorf("error = %v, want ErrNoDatabase with the file's name", err)
		}
		if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) {
			t.Error("a file was made")
		}
	})
	t.Run("migrates nothing", func(t *testing.T) {
		p := made(t, 1)
		execute(t, p, `DELETE FROM goose_db_version WHERE version_id > 0`)
		_, err := sqlite.Open(t.Context(), sqlite.Config{Path: p, ReadOnly: true})
		if !errors.Is(err, sqlite.ErrOlderSchema) || !strings.Contains(err.Error(), p) {
			t.Errorf("error = %v, want ErrOlderSchema with the file's name", err)
		}
	})
	t.Run("recovers what a killed service left", func(t *testing.T) {
		p := path(t)
		service := opened(t, sqlite.Config{Path: p})
		begin(t, service, call(1))
		left := path(t)
		for _, suffix := range []string{"", "-wal"} {
			if err := os.WriteFile(left+suffix, read(t, p+suffix), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		command := opened(t, sqlite.Config{Path: left, ReadOnly: true})
		if rows := list(t, command, sqlite.Filter{}); len(rows) != 1 {
			t.Errorf("%d calls, want 1", len(rows))
		}
	})
}

func TestOpenWithoutAFolder(t *testing.T) {
	p := filepath.Join(t.TempDir(), "absent", "petition.db")
	_, err := sqlite.Open(t.Context(), sqlite.Config{Path: p})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), p) {
		t.Errorf("error = %v, want one that names the file", err)
	}
}

// Whoever opens the file with another tool finds what the columns mean.
func TestTheSchemaExplainsItself(t *testing.T) {
	p := made(t, 0)
	pool, err := sql.Open("sqlite3", "file:"+p)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var schema string
	if err := pool.QueryRowContext(t.Context(), `SELECT group_concat(sql, char(10)) FROM sqlite_schema`).Scan(&schema); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"unix milliseconds, UTC", "NULL while the call lasts", "hex HMAC-SHA-256", "below the folder of the archive"} {
		if !strings.Contains(schema, want) {
			t.Errorf("the schema on disk does not say %q:\n%s", want, schema)
		}
	}
}
