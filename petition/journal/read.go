package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Read gives what waits in the journal of a folder, without touching it; also
// while a service writes to it. Lines that are no entries are counted and left
// out. Without a journal there is nothing.
func Read(dir string, found func(Entry) error) (unreadable int, err error) {
	f, err := os.Open(filepath.Join(dir, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	_, err = lines(f, func(line []byte) error {
		e, err := parse(line)
		if err != nil {
			unreadable++
			return nil //nolint:nilerr // counted
		}
		return found(e)
	})
	return unreadable, err
}

// Refused counts what was put aside; see Refuse.
func Refused(dir string) (entries int, err error) {
	f, err := os.Open(filepath.Join(dir, RefusedName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return lines(f, func([]byte) error { return nil })
}

// scan counts the entries of a file, and the bytes up to the end of the last
// line that was written whole.
func scan(f *os.File) (entries int, size int64, err error) {
	var at int64
	_, err = lines(f, func(line []byte) error {
		at += int64(len(line))
		if _, err := parse(line); err == nil {
			entries++
		}
		if json.Valid(line) {
			size = at
		}
		return nil
	})
	return entries, size, err
}

// lines gives the whole lines of a file, from its beginning.
func lines(f *os.File, found func([]byte) error) (n int, err error) {
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, 1<<62), 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return n, nil // the rest of a line that was never finished
		}
		if err != nil {
			return n, err
		}
		n++
		if err := found(line); err != nil {
			return n, err
		}
	}
}
