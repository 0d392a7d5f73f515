package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"

	"glennline/petition/sqlite"
)

// asked is everything that can be asked of the writer, about call n.
func asked(ctx context.Context, db *sqlite.DB, n int) map[string]error {
	_, ended := db.End(ctx, message(n))
	_, settled := db.Settle(ctx, call(n+1), message(n+1))
	return map[string]error{
		"Begin":  db.Begin(ctx, call(n+2)),
		"End":    ended,
		"Settle": settled,
		"Bind":   db.BindSecret(ctx, keyID, pseudonym),
	}
}

func TestAnUnwritableDatabaseIsUnavailable(t *testing.T) {
	pragma := func(query string) func(*testing.T, *sqlite.DB) {
		return func(t *testing.T, db *sqlite.DB) {
			t.Helper()
			if _, err := db.Pragma(t.Context(), query); err != nil && !errors.Is(err, sql.ErrNoRows) {
				t.Fatal(err)
			}
		}
	}
	tests := map[string]struct {
		cause       error
		code        sqlite3.ErrNo // 0 if SQLite is not asked
		hint        string
		spoil, mend func(t *testing.T, path string, db *sqlite.DB)
	}{
		"read-only": {
			sqlite.ErrReadOnly, sqlite3.ErrReadonly, "owner and mode",
			func(t *testing.T, _ string, db *sqlite.DB) { pragma(`PRAGMA query_only = 1`)(t, db) },
			func(t *testing.T, _ string, db *sqlite.DB) { pragma(`PRAGMA query_only = 0`)(t, db) },
		},
		"full": {
			sqlite.ErrFull, sqlite3.ErrFull, "free some space",
			func(t *testing.T, _ string, db *sqlite.DB) {
				pragma(`PRAGMA max_page_count = 1`)(t, db) // SQLite makes it what there is
				for n := 1000; db.Begin(t.Context(), call(n)) == nil; n++ {
				}
			},
			func(t *testing.T, _ string, db *sqlite.DB) { pragma(`PRAGMA max_page_count = 1000000`)(t, db) },
		},
		"moved": {
			sqlite.ErrMoved, 0, "start again",
			func(t *testing.T, path string, _ *sqlite.DB) { rename(t, path, path+".away") },
			func(t *testing.T, path string, _ *sqlite.DB) { rename(t, path+".away", path) },
		},
		"replaced": {
			sqlite.ErrMoved, 0, "start again",
			func(t *testing.T, path string, _ *sqlite.DB) {
				rename(t, path, path+".away")
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			func(t *testing.T, path string, _ *sqlite.DB) { rename(t, path+".away", path) },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := path(t)
			db := open(t, sqlite.Config{Path: p})
			begin(t, db, call(1))
			tt.spoil(t, p, db)
			failed := 0
			for what, err := range asked(t.Context(), db, 1) {
				if err == nil && errors.Is(tt.cause, sqlite.ErrFull) {
					continue // there was room in a page
				}
				unavailable(t, what, err, p, tt.cause, tt.code, tt.hint)
				failed++
			}
			if failed == 0 {
				t.Error("nothing failed")
			}
			tt.mend(t, p, db)
			for what, err := range asked(t.Context(), db, 1) {
				if err != nil {
					t.Errorf("%s afterwards: %v", what, err)
				}
			}
			if err := db.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func unavailable(t *testing.T, what string, err error, path string, cause error, code sqlite3.ErrNo, hint string) {
	t.Helper()
	var met sqlite3.Error
	if !errors.Is(err, sqlite.ErrUnavailable) || !errors.Is(err, cause) || errors.As(err, &met) != (code != 0) || met.Code != code {
		t.Errorf("%s: error = %v, want ErrUnavailable, %v and SQLite's code %d", what, err, cause, code)
		return
	}
	if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), hint) {
		t.Errorf("%s: error %q does not name the file and say %q", what, err, hint)
	}
}

func TestALockedDatabaseIsUnavailable(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p, BusyTimeout: 20 * time.Millisecond})
	begin(t, db, call(1))

	other, err := sql.Open("sqlite3", "file:"+p)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	for what, err := range asked(t.Context(), db, 1) {
		unavailable(t, what, err, p, sqlite.ErrLocked, sqlite3.ErrBusy, "fuser")
	}
	if row := find(t, db, id(1)); row.Closing != nil {
		t.Errorf("the call ended: %+v", row)
	}
	if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	for what, err := range asked(t.Context(), db, 1) {
		if err != nil {
			t.Errorf("%s afterwards: %v", what, err)
		}
	}
}

// A lock that another program holds for a moment is waited for.
func TestAShortLockIsWaitedFor(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p, BusyTimeout: time.Minute})
	other, err := sql.Open("sqlite3", "file:"+p)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	begun := make(chan error)
	go func() { begun <- db.Begin(t.Context(), call(1)) }()
	if _, err := other.ExecContext(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if err := <-begun; err != nil {
		t.Error(err)
	}
}

func TestDamageThatIsMetLaterIsUnavailable(t *testing.T) {
	const calls = 500
	p := made(t, calls)
	db := open(t, sqlite.Config{Path: p, BusyTimeout: time.Second})
	if _, err := db.Pragma(t.Context(), `PRAGMA cache_size = 0`); err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	f, err := os.OpenFile(p, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	garbage := []byte(strings.Repeat("garbage!", 3*4096/8))
	if _, err := f.WriteAt(garbage, 80*4096); err != nil {
		t.Fatal(err)
	}
	met, afterwards := 0, 0
	for n := range calls {
		_, err := db.Settle(t.Context(), call(n), message(n))
		switch {
		case err != nil:
			unavailable(t, "Settle", err, p, sqlite.ErrCorrupt, sqlite3.ErrCorrupt, "recordings in the archive are not affected")
			met++
		case met > 0:
			afterwards++
		}
	}
	if met == 0 || afterwards == 0 {
		t.Errorf("%d calls met the damage, %d after them did not; want some of both", met, afterwards)
	}
	if err := db.Check(t.Context()); !errors.Is(err, sqlite.ErrCorrupt) || !strings.Contains(err.Error(), p) {
		t.Errorf("Check = %v, want ErrCorrupt with the file's name", err)
	}
	err = db.Calls(t.Context(), sqlite.Filter{}, func(sqlite.CallRow) error { return nil })
	if !errors.Is(err, sqlite.ErrCorrupt) {
		t.Errorf("Calls = %v, want ErrCorrupt", err)
	}
}

func TestAfterCloseItIsUnavailable(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for what, err := range asked(t.Context(), db, 1) {
		unavailable(t, what, err, p, sqlite.ErrClosed, 0, "")
	}
}

// openDatabase names the environment variable that makes the test binary open
// the database it names and say what came of it.
const openDatabase = "GLENNLINE_TEST_OPEN_DATABASE"

func openAndTell(path string) {
	_, err := sqlite.Open(context.Background(), sqlite.Config{Path: path})
	fmt.Println(errors.Is(err, sqlite.ErrReadOnly), errors.Is(err, sqlite.ErrUnavailable), err)
}

// SQLite would open a file that it cannot write, and fail at the first call.
func TestOpenRefusesAFileThatCannotBeWritten(t *testing.T) {
	p := made(t, 1)
	if err := os.Chmod(p, 0o400); err != nil {
		t.Fatal(err)
	}
	program := asNobody(t, p)
	program.Env = append(os.Environ(), openDatabase+"="+p)
	out, err := program.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "true true ") || !strings.Contains(string(out), p) {
		t.Errorf("%s(%v), want ErrReadOnly with the file's name", out, err)
	}
}

// asNobody is this test binary as a user whom file modes bind, who gets the
// file.
func asNobody(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		return exec.CommandContext(t.Context(), os.Args[0])
	}
	const nobody = 65534
	program := filepath.Join(t.TempDir(), "program")
	from, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(program, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		to.Close(),
		os.Chown(path, nobody, nobody),
		os.Chown(filepath.Dir(path), nobody, nobody),
		os.Chmod(filepath.Dir(filepath.Dir(path)), 0o755),
		os.Chmod(filepath.Dir(filepath.Dir(program)), 0o755),
	); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}
