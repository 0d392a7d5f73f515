package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"glennline/ops/disk"
)

// A folder that its owner may not write to is known as one, whoever looks, and
// so is one that would have to be made in it.
func TestWritable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // root may do everything in its own
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	day := filepath.Join(dir, "2026-11-22", "below")
	for _, folder := range []string{dir, day} {
		if err := disk.Writable(folder); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
	}
	for _, mode := range []fs.FileMode{0o500, 0o600, 0} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if err := disk.Writable(dir); !errors.Is(err, disk.ErrRights) {
			t.Errorf("with mode %v: %v, want %v", mode, err, disk.ErrRights)
		}
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := disk.Writable(day); !errors.Is(err, disk.ErrRights) {
		t.Errorf("a folder to be made in it: %v, want %v", err, disk.ErrRights)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

// What is no folder, or cannot be there, is said with its path.
func TestWhatCannotBeLookedAt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := disk.Writable(filepath.Join(file, "below")); err == nil {
		t.Error("a folder below a file can be written to")
	}
	if _, err := disk.Free(filepath.Join(file, "below")); err == nil {
		t.Error("there is room below a file")
	}
	if free, err := disk.Free(t.TempDir()); err != nil || free == 0 {
		t.Errorf("free: %d, %v", free, err)
	}
}
