package shred

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// longest is that of a needle.
const longest = 1 << 10

// Bytes writes x over every needle in a file, without changing its length, and
// returns how many it met when that is on disk: for files of which nobody knows
// the structure any more, and for those that others append to. A needle has at most 1 KiB.
func Bytes(path string, needles [][]byte) (n int, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrPermission) {
		if err = os.Chmod(path, 0o600); err == nil {
			f, err = os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
		}
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buffer := make([]byte, 1<<20)
	for at := int64(0); ; {
		read, err := f.ReadAt(buffer, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		met, failed := strike(f, at, buffer[:read], needles)
		if n += met; failed != nil {
			return n, fmt.Errorf("strike out in %s: %w", path, failed)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		at += int64(read) - longest
	}
	if n > 0 {
		return n, f.Sync()
	}
	return 0, nil
}

// strike writes over the needles in a window of the file, which begins at at.
func strike(f *os.File, at int64, window []byte, needles [][]byte) (n int, err error) {
	for _, needle := range needles {
		if len(needle) == 0 {
			continue
		}
		for from := 0; ; {
			i := bytes.Index(window[from:], needle)
			if i < 0 {
				break
			}
			from += i
			if _, err := f.WriteAt(bytes.Repeat([]byte("x"), len(needle)), at+int64(from)); err != nil {
				return n, err
			}
			from += len(needle)
			n++
		}
	}
	return n, nil
}
