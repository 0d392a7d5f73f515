package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// applicationID marks the file as ours ("GLNL"); the first migration writes it
// to the header. SQLite's file format, section 1.3.
const applicationID = 0x474c4e4c

// headerLength is that of the part of a database file that inspect reads.
const headerLength = 100

var magic = []byte("SQLite format 3\x00")

// inspect looks at a database file before SQLite does, which would take an
// empty file for a new database and one of another program for ours. It returns
// fs.ErrNotExist if there is none.
func inspect(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrPermission) {
		return &UnavailableError{Path: path, Cause: ErrDenied, Err: err}
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file: %w", path, ErrForeign)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return &UnavailableError{Path: path, Cause: ErrDenied, Err: err}
	}
	if err != nil {
		return &UnavailableError{Path: path, Cause: ErrIO, Err: err}
	}
	defer f.Close()

	header := make([]byte, headerLength)
	switch n, err := io.ReadFull(f, header); {
	case errors.Is(err, io.EOF):
		return &UnavailableError{Path: path, Cause: ErrCorrupt, Err: errors.New("the file is empty")}
	case n >= len(magic) && !bytes.HasPrefix(header, magic):
		return &UnavailableError{Path: path, Cause: ErrCorrupt, Err: errors.New("the file is no SQLite database")}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &UnavailableError{Path: path, Cause: ErrCorrupt, Err: fmt.Errorf("the file ends after %d bytes", n)}
	case err != nil:
		return &UnavailableError{Path: path, Cause: ErrIO, Err: err}
	}
	if binary.BigEndian.Uint32(header[68:]) != applicationID {
		return fmt.Errorf("%s was made by another program; name another file or folder for the data: %w", path, ErrForeign)
	}
	return nil
}

// create makes a database with every migration applied. It is built beside path
// and then linked into place, so that path never names half a database and
// never replaces one: of two that start at once, one makes it and both use it.
func create(dir, base string, build func(path string) error) error {
	f, err := os.CreateTemp(dir, "."+base+"-*")
	if err != nil {
		return err
	}
	temporary := f.Name()
	defer os.Remove(temporary)
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return err
	}
	if err := build(temporary); err != nil {
		return err
	}
	if err := os.Link(temporary, filepath.Join(dir, base)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// unwritable is why nothing can be made in the folder of a database, nil if it
// can be: SQLite makes a -wal and a -shm there, and does not say that it cannot.
func unwritable(path string) error {
	err := unix.Faccessat(unix.AT_FDCWD, filepath.Dir(path), unix.W_OK, unix.AT_EACCESS)
	if errors.Is(err, unix.EROFS) || errors.Is(err, unix.EACCES) {
		return &os.PathError{Op: "write to", Path: filepath.Dir(path), Err: err}
	}
	return nil
}

// Sealed says whether a database lies in a folder that cannot be written, as on
// a disk that was mounted for reading, and is whole without a write-ahead log.
// Then it is read as a file that does not change (immutable=1).
func Sealed(path string) bool {
	if unwritable(path) == nil {
		return false
	}
	wal, err := os.Stat(path + "-wal")
	return errors.Is(err, fs.ErrNotExist) || err == nil && wal.Size() == 0
}

// tighten takes from a database that came from elsewhere (a restored backup)
// what others may do with it. SQLite gives the -wal and -shm the same mode.
func tighten(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(path, info.Mode().Perm()&0o700)
}
