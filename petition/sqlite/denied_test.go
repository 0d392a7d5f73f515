package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"glennline/petition/sqlite"
)

// A database that belongs to somebody else is no broken disk.
func TestADatabaseOfAnotherUserIsDenied(t *testing.T) {
	for what, close := range map[string]func(path string) string{
		"file":   func(path string) string { return path },
		"folder": filepath.Dir,
	} {
		t.Run(what, func(t *testing.T) {
			path := path(t)
			made, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			if err := made.Close(); err != nil {
				t.Fatal(err)
			}
			closed := close(path)
			if err := os.Chmod(closed, 0); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(closed, 0o700) })
			asStranger(t, func() {
				_, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, ReadOnly: true})
				if !errors.Is(err, sqlite.ErrDenied) || !errors.Is(err, sqlite.ErrUnavailable) || errors.Is(err, sqlite.ErrIO) {
					t.Fatalf("error = %v, want ErrDenied", err)
				}
				if !strings.Contains(err.Error(), "run it as the user that owns") || strings.Contains(err.Error(), "disk errors") {
					t.Errorf("error = %v, want what to do", err)
				}
			})
		})
	}
}

// asStranger runs f with the rights that an ordinary user has on files, also
// where the tests run as root.
func asStranger(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() == 0 {
		runtime.LockOSThread() // whose alone the change is
		defer runtime.UnlockOSThread()
		const nobody = 65534
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Setfsuid(0) }()
	}
	f()
}

// Where nothing can be written, not even the files that SQLite wants beside a
// database, it can still be read.
func TestReadsInAFolderThatCannotBeWritten(t *testing.T) {
	path := path(t)
	made, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(made.Begin(t.Context(), call(1)), made.Close()); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(path)
	for at, mode := range map[string]os.FileMode{filepath.Dir(folder): 0o755, folder: 0o555, path: 0o444} {
		if err := os.Chmod(at, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(folder, 0o700) })
	asStranger(t, func() {
		if _, err := sqlite.Open(t.Context(), sqlite.Config{Path: path}); !errors.Is(err, sqlite.ErrReadOnly) {
			t.Errorf("error = %v, want ErrReadOnly", err)
		}
		db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if row, err := db.Call(t.Context(), id(1)); err != nil || row.Call.ID != id(1) {
			t.Errorf("%+v, %v", row, err)
		}
	})
}
