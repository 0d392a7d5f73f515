// Package jsonl appends to files of lines of JSON that must survive a crash, and
// reads them. Any number of processes may do so at once.
package jsonl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"glennline/ops/disk"
)

// ErrLine says that a line is none of the file's.
var ErrLine = errors.New("a line cannot be read")

// Append adds a line for each value to the file at path, which it makes with
// mode 0600 if needed, and returns when they are on disk. What a crash left of a line
// at the end is ended first, and Read leaves it out.
func Append[T any](path string, values ...T) error {
	if len(values) == 0 {
		return nil
	}
	var lines []byte
	for _, v := range values {
		line, err := json.Marshal(v)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	return AppendTo(path, func(w io.Writer) error {
		_, err := w.Write(lines)
		return err
	})
}

// AppendTo is Append of lines that are too long for memory: write writes them whole, and
// after its error none of them is there.
func AppendTo(path string, write func(io.Writer) error) (err error) {
	_, missing := os.Lstat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil { // ends with the file
		return fmt.Errorf("lock %s: %w", path, err)
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	lines := bufio.NewWriterSize(f, 64<<10)
	if cut, err := torn(f); err != nil {
		return err
	} else if cut {
		_ = lines.WriteByte('\n') // Flush tells
	}
	if err = write(lines); err == nil {
		err = lines.Flush()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(end))
	}
	if err := f.Sync(); err != nil || missing == nil {
		return err
	}
	return errors.Join(disk.SameOwner(f), disk.SyncFolder(filepath.Dir(path)))
}

// torn is whether the file ends within a line.
func torn(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return last[0] != '\n', err
}

// Read gives each value of the file at path to found, in order; nothing if there
// is no file. A part of a line, which a crash left, is left out; a whole line
// that is none is ErrLine.
func Read[T any](path string, found func(T) error) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for n := 1; len(raw) > 0; n++ {
		line, rest, whole := bytes.Cut(raw, []byte("\n"))
		raw = rest
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			var syntax *json.SyntaxError
			if !whole || errors.As(err, &syntax) && syntax.Offset >= int64(len(line)) {
				continue // cut by a crash
			}
			return fmt.Errorf("%s, line %d: %w", path, n, ErrLine)
		}
		if err := found(v); err != nil {
			return err
		}
	}
	return nil
}
