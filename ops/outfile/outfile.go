// Package outfile writes files, and folders of files, that are there as a whole or
// not at all.
//
// What is on its way lies beside its target under a name of its own:
//
//	.NAME.partial    taken over by the next who writes NAME, should a crash leave it
//
// Nothing that stands at a target is replaced unless that is asked for, and then
// by a rename, so that at every moment one or the other is there.
package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"glennline/ops/disk"
)

// Why something is not written. Nothing was changed then.
var (
	ErrExists  = errors.New("there is something already")
	ErrBusy    = errors.New("another process is writing it")
	ErrTarget  = errors.New("cannot be written there")
	ErrNotFile = errors.New("is no file")
)

const partialSuffix = ".partial"

// partialOf is where what becomes path is on its way.
func partialOf(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+partialSuffix)
}

// Set is files that appear together. It is for one goroutine. After Commit or
// Abort it is of no use; Abort after Commit does nothing.
type Set struct {
	force bool
	files []*File
	stale []string
}

// File is one on its way. Who writes it neither syncs nor closes it.
type File struct {
	*os.File
	path string
}

// NewSet makes an empty set. With force, files that stand at the targets are
// replaced.
func NewSet(force bool) *Set { return &Set{force: force} }

// Create begins a file, of mode 0600. What stands there is ErrExists without force,
// and ErrNotFile in any case if it is no file.
func (s *Set) Create(path string) (*File, error) {
	if err := s.vacant(path); err != nil {
		return nil, err
	}
	f, err := openPartial(partialOf(path), path)
	if err != nil {
		return nil, err
	}
	file := &File{f, path}
	s.files = append(s.files, file)
	return file, nil
}

// Clear makes sure that nothing stands at a path once the set is there: what was
// made with a file that is replaced says nothing of the new one.
func (s *Set) Clear(path string) error {
	if err := s.vacant(path); err != nil {
		return err
	}
	s.stale = append(s.stale, path)
	return nil
}

func (s *Set) vacant(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return target(path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s %w: name another path", path, ErrNotFile)
	case !s.force:
		return fmt.Errorf("%s: %w: name another path, or replace it with --force", path, ErrExists)
	}
	return nil
}

// openPartial opens a file that nobody else writes, and empties it. What it is for
// is told of in errors.
func openPartial(path, goal string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, target(goal, err)
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w: wait for it to end", goal, ErrBusy), f.Close())
		}
		// Whoever had it may have given it its name, or removed it, meanwhile.
		opened, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if there, err := os.Lstat(path); err != nil || !os.SameFile(opened, there) {
			f.Close()
			continue
		}
		if err := errors.Join(f.Truncate(0), f.Chmod(0o600)); err != nil {
			return nil, errors.Join(target(goal, err), f.Close())
		}
		return f, nil
	}
}

// target says of an error of the target's folder what to do.
func target(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.EROFS), errors.Is(err, unix.ENOTDIR),
		errors.Is(err, unix.ENAMETOOLONG), errors.Is(err, unix.EISDIR), errors.Is(err, unix.ELOOP):
		return fmt.Errorf("%s: %w (%w): name a path in a folder that this user may write to", path, ErrTarget, reason(err))
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("%s: %w", path, reason(err))
	}
	return err
}

// reason is what the system said, without the path.
func reason(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// Commit brings all of them to the disk and then to their names: those that were
// created last come first, so that the first is there only once everything is.
func (s *Set) Commit() error {
	defer s.Abort()
	for _, f := range s.files {
		if err := f.Sync(); err != nil {
			return fmt.Errorf("%s: %w", f.path, reason(err))
		}
	}
	folders := make(map[string]bool)
	for _, f := range slices.Backward(s.files) {
		if err := s.place(f); err != nil {
			return err
		}
		folders[filepath.Dir(f.path)] = true
	}
	for _, path := range s.stale {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		folders[filepath.Dir(path)] = true
	}
	for folder := range folders {
		if err := disk.SyncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) place(f *File) error {
	from := partialOf(f.path)
	if s.force {
		return os.Rename(from, f.path)
	}
	err := renameNew(from, f.path)
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%s: %w: it came meanwhile", f.path, ErrExists)
	}
	return err
}

// renameNew is a rename that replaces nothing.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOSYS) {
		return err
	}
	// A file system that cannot: a link never replaces anything either.
	if err := os.Link(from, to); err != nil {
		return err
	}
	return os.Remove(from)
}

// Abort clears away what is still on its way.
func (s *Set) Abort() {
	for _, f := range s.files {
		partial := partialOf(f.path)
		opened, err := f.Stat()
		there, gone := os.Lstat(partial)
		// Not what another process has begun under this name since.
		if err == nil && gone == nil && os.SameFile(opened, there) {
			os.Remove(partial)
		}
		f.Close()
	}
	s.files = nil
}
