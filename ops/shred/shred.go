// Package shred removes files of people who asked for it. Nothing else in
// glennline ever deletes a recording.
package shred

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"glennline/ops/disk"
)

// File writes zeros over a file, through whatever names it has, takes the name at
// path away, and returns when that is on disk. A file that is not there is no
// error. File systems that copy on write, snapshots and flash memory may keep the
// old blocks for a while: no program can reach these. What may not be written to
// is removed all the same.
func File(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		overwrite(path, info)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: run this as a user who may write to %s", err, filepath.Dir(path))
	}
	return disk.SyncFolder(filepath.Dir(path))
}

// overwrite does what it can: that the name goes is what counts.
func overwrite(path string, info fs.FileInfo) {
	_ = os.Chmod(path, 0o600)
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if _, err := io.CopyN(f, zeros{}, info.Size()); err != nil {
		return
	}
	_ = f.Sync()
	_ = f.Truncate(0)
	_ = f.Sync()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
