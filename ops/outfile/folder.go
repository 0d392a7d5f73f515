package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glennline/ops/disk"
)

// Folder is a folder on its way. It is for one goroutine. After Commit or Abort it
// is of no use; Abort after Commit does nothing.
type Folder struct {
	Path  string // where it is while it is on its way
	to    string
	force bool
	lock  *os.File
}

// CreateFolder begins a folder, of mode 0700. What stands there is ErrExists, but
// for an empty folder; with force it is replaced if it is a folder that ours calls
// one of ours, and nothing else is.
func CreateFolder(path string, force bool, ours func(path string) bool) (*Folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// A link that leads nowhere is found here, and not when all has been written.
	if info, err := os.Lstat(path); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s: %w, which is no folder: name another one", path, ErrExists)
	}
	empty, err := vacantFolder(path, force, ours)
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: partialOf(path), to: path, force: force && !empty}
	// The lock is a file of its own: a folder's could not be emptied under it.
	if f.lock, err = openPartial(f.Path+".lock", path); err != nil {
		return nil, err
	}
	if err := errors.Join(os.RemoveAll(f.Path), os.Mkdir(f.Path, 0o700)); err != nil {
		f.unlock()
		return nil, target(path, err)
	}
	return f, nil
}

// vacantFolder is whether there is nothing in the folder, or why it cannot be
// made there.
func vacantFolder(path string, force bool, ours func(string) bool) (empty bool, err error) {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case errors.Is(err, unix.ENOTDIR):
		return false, fmt.Errorf("%s: %w, which is no folder: name another one", path, ErrExists)
	case err != nil:
		return false, target(path, err)
	case len(entries) == 0:
		return true, nil
	case !force:
		return false, fmt.Errorf("%s: %w: name a new folder, or replace it with --force", path, ErrExists)
	case !ours(path):
		return false, fmt.Errorf("%s: %w, which glennline did not make: name a new folder", path, ErrExists)
	}
	return false, nil
}

// Commit brings everything in it to the disk, and then the folder to its name.
func (f *Folder) Commit() error {
	defer f.Abort()
	if err := disk.SyncFileSystem(f.Path); err != nil {
		return err
	}
	if f.force {
		// What was there is where this one was, and goes with Abort.
		if err := unix.Renameat2(unix.AT_FDCWD, f.Path, unix.AT_FDCWD, f.to, unix.RENAME_EXCHANGE); err != nil {
			return fmt.Errorf("replace %s: %w", f.to, err)
		}
	} else if err := unix.Rename(f.Path, f.to); err != nil { // replaces an empty folder, and none else
		if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.ENOTEMPTY) {
			return fmt.Errorf("%s: %w: it came meanwhile", f.to, ErrExists)
		}
		return fmt.Errorf("%s: %w (%w): name a new folder", f.to, ErrTarget, err)
	}
	return disk.SyncFolder(filepath.Dir(f.to))
}

// Abort clears away what is still on its way.
func (f *Folder) Abort() {
	if f.lock == nil {
		return
	}
	os.RemoveAll(f.Path)
	f.unlock()
}

func (f *Folder) unlock() {
	os.Remove(f.Path + ".lock")
	f.lock.Close()
	f.lock = nil
}
