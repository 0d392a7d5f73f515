package pbx

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// dirSync is FS_DIRSYNC_FL of linux/fs.h, what chattr(1) calls D.
const dirSync = 0x00010000

// syncNames has the file system bring to disk, before open(2) returns, that a file
// was made in the folder (ioctl_iflags(2)). Asterisk syncs nothing that it writes: a
// note that the dialplan makes before its answer would be unknown after a power cut
// for as long as the kernel gathers what it writes. The content is not synced: the
// attribute for that holds for recordings too, and would have a slow disk stop their
// calls' audio. Not every file system knows it (tmpfs, NFS); the folder's owner may
// set it.
func syncNames(folder string) (err error) {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err == nil && flags&dirSync == 0 {
		err = unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, int(flags|dirSync))
	}
	if err != nil {
		return &os.PathError{Op: "set attribute dirsync", Path: folder, Err: err}
	}
	return nil
}
