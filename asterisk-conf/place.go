package asteriskconf

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrForeign says that a folder holds files that are not ours to replace.
var ErrForeign = errors.New("folder holds files that glennline did not write; choose an empty one")

// mark stands in every file that is rendered: a folder without it is not ours.
var mark = []byte("Rendered by glennline")

// place makes dir hold exactly files. The new folder is written beside it,
// synced, and changes places with the old one in a single step.
func place(dir string, files map[string][]byte) (err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("asterisk configuration folder: %w", err)
	}
	exists, err := replaceable(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".new-*") // 0700
	if err != nil {
		return err
	}
	defer func() {
		// After the exchange this is the old folder.
		if e := os.RemoveAll(fresh); err == nil {
			err = e
		}
	}()
	for name, content := range files {
		if err := writeSynced(filepath.Join(fresh, name), content); err != nil {
			return err
		}
	}
	if err := syncFolder(fresh); err != nil {
		return err
	}
	if exists {
		err = exchange(fresh, dir)
	} else {
		err = os.Rename(fresh, dir)
	}
	if err != nil {
		return err
	}
	return syncFolder(parent)
}

// replaceable says whether dir exists, and refuses it if it is not ours.
func replaceable(dir string) (exists bool, err error) {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.IsDir() {
		return true, ErrForeign
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return true, err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			return true, ErrForeign
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return true, err
		}
		if !bytes.Contains(content, mark) {
			return true, ErrForeign
		}
	}
	return true, nil
}

// exchange swaps two folders in one step. File systems that cannot (NFS, some
// overlays) get two renames, with a moment without the folder between them.
func exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	if err == nil {
		return nil
	}
	if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOSYS) {
		return &os.LinkError{Op: "exchange", Old: a, New: b, Err: err}
	}
	aside := a + ".old"
	if err := os.Rename(b, aside); err != nil {
		return err
	}
	if err := os.Rename(a, b); err != nil {
		return errors.Join(err, os.Rename(aside, b))
	}
	return os.Rename(aside, a)
}

func writeSynced(name string, content []byte) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}

func syncFolder(dir string) (err error) {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Sync()
}
