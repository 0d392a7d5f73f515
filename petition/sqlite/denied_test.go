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
