// Package disk says whether there is a place for more recordings, which is room for
// them and a folder that can be written to; brings what is in a folder to disk; and
// gives files to whom the folder belongs.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrReadOnly says that a disk is mounted for reading, as the kernel does with
// one that fails.
var ErrReadOnly = errors.New("lies on a disk that is mounted read-only")

// ErrRights says that a folder may not be written to by its owner.
var ErrRights = errors.New("may not be written to by its owner")

// ErrFiles says that a file system has room, and yet not for one more file.
var ErrFiles = errors.New("lies on a disk that takes no more files: all its inodes are used")

// Free is how many bytes an ordinary user can still write where the folder lies.
func Free(folder string) (uint64, error) {
	var at unix.Statfs_t
	if err := unix.Statfs(folder, &at); err != nil {
		return 0, fmt.Errorf("%s cannot be looked at: %w", folder, err)
	}
	return at.Bavail * uint64(at.Bsize), nil
}

// Writable is nil if the owner of the folder can make files in it. The owner is
// asked for, and not whoever asks: it is Asterisk that records. For a folder that
// is yet to be made, or that we may not see, the one above it counts. Nothing is
// written.
func Writable(folder string) error {
	info, err := os.Stat(folder)
	for (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) && folder != filepath.Dir(folder) {
		folder = filepath.Dir(folder)
		info, err = os.Stat(folder)
	}
	var at unix.Statfs_t
	if err == nil {
		err = unix.Statfs(folder, &at)
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s cannot be looked at: %w", folder, err)
	case at.Flags&unix.ST_RDONLY != 0:
		return fmt.Errorf("%s %w", folder, ErrReadOnly)
	case at.Files > 0 && at.Ffree == 0: // btrfs and others have no such limit, and say 0 of 0
		return fmt.Errorf("%s %w", folder, ErrFiles)
	}
	const writeAndEnter = 0o300
	if info.Mode().Perm()&writeAndEnter != writeAndEnter && !rootsOwn(info) {
		return fmt.Errorf("%s %w", folder, ErrRights)
	}
	return nil
}

// rootsOwn says whether the owner writes where the mode forbids it, too.
func rootsOwn(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == 0
}
