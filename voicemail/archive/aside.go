package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Aside moves what is no regular file (a folder with what is in it, a link, a
// FIFO) into the quarantine, with a note of the reason, and returns where it is.
// It opens nothing, follows no link, and never takes the name of another. From
// another file system only an empty folder and a link come.
func (a *Archive) Aside(path, reason string) (newPath string, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return "", fmt.Errorf("quarantine: %w", err)
	}
	for n := 1; ; n++ {
		newPath = filepath.Join(a.quarantine, filepath.Base(path))
		if n > 1 {
			newPath += "-" + strconv.Itoa(n)
		}
		err = unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, newPath, unix.RENAME_NOREPLACE)
		if errors.Is(err, unix.EXDEV) {
			err = remake(path, newPath, info)
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err == nil {
		err = a.note(newPath+".json", Note{From: path, Reason: reason, At: time.Now().UTC().Truncate(time.Second)})
	}
	if err == nil {
		err = syncFolder(a.quarantine)
	}
	if err != nil {
		return "", fmt.Errorf("moving %s into %s: %w: move it there yourself", path, a.quarantine, err)
	}
	return newPath, syncFolder(filepath.Dir(path))
}

// remake makes the same on another file system, and takes the first away.
func remake(path, newPath string, info fs.FileInfo) error {
	var err error
	switch mode := info.Mode(); {
	case mode.IsDir():
		entries, readErr := os.ReadDir(path)
		if len(entries) > 0 {
			readErr = unix.ENOTEMPTY
		}
		if err = readErr; err == nil {
			err = os.Mkdir(newPath, 0o700)
		}
	case mode.Type() == fs.ModeSymlink:
		target, readErr := os.Readlink(path)
		if err = readErr; err == nil {
			err = os.Symlink(target, newPath)
		}
	default:
		err = errors.New("it is neither a folder nor a link, and lies on another file system")
	}
	if err != nil {
		return err
	}
	return os.Remove(path)
}
