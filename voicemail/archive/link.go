package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glennline/voicemail/wav"
)

// link gives the open file f the name path and brings the name to disk. A file
// that is there already must have the same hash.
func (a *Archive) link(f *os.File, path, hash string) error {
	day := filepath.Dir(path)
	folder, err := a.folders.ensure(a.dir, day)
	if err != nil {
		return err
	}
	err = a.linkOpen(f, path)
	if errors.Is(err, fs.ErrNotExist) { // the folder was taken away
		a.folders.forget(day)
		if folder, err = a.folders.ensure(a.dir, day); err != nil {
			return err
		}
		err = a.linkOpen(f, path)
	}
	if errors.Is(err, fs.ErrExist) {
		err = a.same(f, path, hash)
	}
	if err != nil {
		return err
	}
	return folder.sync(day)
}

// linkOpen gives an open file one more name. It goes by the file, not by its
// path, so that it cannot be another one by now.
func linkOpen(f *os.File, path string) error {
	from := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	err := unix.Linkat(unix.AT_FDCWD, from, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
	if err != nil {
		return &os.LinkError{Op: "link", Old: f.Name(), New: path, Err: err}
	}
	return nil
}

// same is nil if the file at path is f, or has the same hash.
func (a *Archive) same(f *os.File, path, hash string) error {
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	there, stat, err := wav.Open(path)
	if err != nil {
		return err
	}
	defer there.Close()
	if os.SameFile(mine, stat) {
		return nil
	}
	found, err := hashOf(there)
	if err != nil {
		return err
	}
	if found != hash {
		return fmt.Errorf("%s: listen to both and quarantine one: %w", path, ErrExists)
	}
	return there.Sync()
}
