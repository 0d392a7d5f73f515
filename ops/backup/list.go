package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
)

// item is a line of a list: a file below the backup and its hash, as sha256sum
// prints it. Lists are sorted by the parts of the path.
type item struct {
	sum  string
	path string
}

// before says whether a path stands before another in a list.
func before(a, b string) bool {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		return x == '/' || y != '/' && x < y
	}
	return len(a) < len(b)
}

// listable says whether a list can hold the path.
func listable(path string) bool { return !strings.ContainsAny(path, "\n\r\\") }

// reader reads a list, in its order.
type reader struct {
	in   *bufio.Reader
	file io.Closer
	next item
	end  bool
}

func openList(path string) (*reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &reader{in: bufio.NewReaderSize(f, 1<<16), file: f}
	if err := r.advance(); err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

func (r *reader) close() { r.file.Close() }

// advance goes to the next item.
func (r *reader) advance() error {
	line, err := r.in.ReadString('\n')
	if errors.Is(err, io.EOF) && line == "" {
		r.end = true
		return nil
	}
	if err != nil {
		return err
	}
	sum, path, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
	if !ok || len(sum) != hex.EncodedLen(sha256.Size) || path == "" {
		return fmt.Errorf("%w: a line of its list is none", ErrUnverified)
	}
	r.next = item{sum, path}
	return nil
}

// find goes to path and says whether the list has it, and gives those that it
// passes to passed.
func (r *reader) find(path string, passed func(item) error) (sum string, ok bool, err error) {
	for !r.end {
		switch {
		case r.next.path == path:
			sum = r.next.sum
			return sum, true, r.advance()
		case !before(r.next.path, path):
			return "", false, nil
		}
		if err := passed(r.next); err != nil {
			return "", false, err
		}
		if err := r.advance(); err != nil {
			return "", false, err
		}
	}
	return "", false, nil
}

// rest passes what is left, up to the folder that comes next.
func (r *reader) rest(folder string, passed func(item) error) error {
	_, _, err := r.find(folder+"/\xff", passed)
	return err
}

// writer writes a list.
type writer struct {
	file *os.File
	out  *bufio.Writer
	hash hash.Hash
}

func createList(path string) (*writer, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w := &writer{file: f, hash: sha256.New()}
	w.out = bufio.NewWriterSize(io.MultiWriter(f, w.hash), 1<<16)
	return w, nil
}

func (w *writer) add(i item) error {
	_, err := fmt.Fprintf(w.out, "%s  %s\n", i.sum, i.path)
	return err
}

func (w *writer) close() error { return errors.Join(w.out.Flush(), w.file.Close()) }
