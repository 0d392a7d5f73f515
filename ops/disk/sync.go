package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// SyncFolder brings to disk which files are in a folder: what was made, renamed or
// removed there.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// SyncFileSystem brings everything to disk that was written to the file system of a
// folder, which is cheaper than file by file: for what counts only once all of it
// is there.
func SyncFileSystem(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(d.Fd())), d.Close())
}
