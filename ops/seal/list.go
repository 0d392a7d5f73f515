package seal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"slices"
)

// List is texts, of which a million take as much memory as some thousands: what is
// more lies in a file that has no name, in parts. nil is an empty one. It is for one
// goroutine, and who made it closes it.
type List struct {
	folder string // of the file; the system's if ""
	sorted bool
	n      int
	first  []string
	texts  []string // those that are in no file
	file   *os.File // nil while there is none
	ends   []int64  // of the parts of the file
	err    error    // of Add
}

// NewList makes a list that keeps the order in which texts come. Where they are too
// many, they lie in the folder.
func NewList(folder string) *List { return &List{folder: folder} }

// Add enters a text. What goes wrong All tells.
func (l *List) Add(text string) {
	if l.err != nil {
		return
	}
	if l.n++; len(l.first) < maxNamed {
		l.first = append(l.first, text)
	}
	if len(l.texts) >= atOnce.listed {
		if l.err = l.spill(); l.err != nil {
			return
		}
	}
	l.texts = append(l.texts, text)
}

// Len is how many there are.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return l.n
}

// First are those that came first, twenty at most. They are there after Close, too.
func (l *List) First() []string {
	if l == nil {
		return nil
	}
	return l.first
}

// Close lets go of the file: a list that needed one cannot be read any more.
func (l *List) Close() error {
	if l == nil || l.file == nil {
		return nil
	}
	file := l.file
	l.file, l.err = nil, errors.Join(l.err, os.ErrClosed)
	return file.Close()
}

// spill makes of what is in memory the next part of the file.
func (l *List) spill() (err error) {
	if l.file == nil {
		if l.file, err = os.CreateTemp(l.folder, ".glennline-*.list"); err != nil {
			return err
		}
		if err := os.Remove(l.file.Name()); err != nil { // so that a crash leaves nothing
			return err
		}
	}
	if l.sorted {
		slices.Sort(l.texts)
	}
	end, err := l.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(l.file, 64<<10)
	var length []byte
	for _, text := range l.texts {
		length = binary.AppendUvarint(length[:0], uint64(len(text)))
		_, _ = out.Write(length) // Flush tells
		_, _ = out.WriteString(text)
		end += int64(len(length) + len(text))
	}
	clear(l.texts)
	l.texts, l.ends = l.texts[:0], append(l.ends, end)
	return out.Flush()
}

// All are the texts, in their order. An error is the last that comes.
func (l *List) All() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if l == nil {
			return
		}
		if l.err != nil {
			yield("", l.err)
			return
		}
		parts := l.parts()
		if l.sorted {
			parts = []part{merged(parts)}
		}
		for _, next := range parts {
			for {
				text, err := next()
				if errors.Is(err, io.EOF) {
					break
				}
				if !yield(text, err) || err != nil {
					return
				}
			}
		}
	}
}

// part gives its texts, and io.EOF behind the last.
type part func() (string, error)

// parts are those of the file, and what is in memory.
func (l *List) parts() (parts []part) {
	begin := int64(0)
	for _, end := range l.ends {
		in := bufio.NewReader(io.NewSectionReader(l.file, begin, end-begin))
		var text []byte
		parts = append(parts, func() (string, error) {
			length, err := binary.ReadUvarint(in)
			if err != nil {
				return "", err
			}
			if length > math.MaxInt32 {
				return "", errors.New("a list on its way was changed")
			}
			text = slices.Grow(text[:0], int(length))[:length]
			if _, err := io.ReadFull(in, text); err != nil {
				return "", fmt.Errorf("a list on its way is cut off: %w", cut(err))
			}
			return string(text), nil
		})
		begin = end
	}
	if l.sorted {
		slices.Sort(l.texts)
	}
	at := 0
	return append(parts, func() (string, error) {
		if at == len(l.texts) {
			return "", io.EOF
		}
		at++
		return l.texts[at-1], nil
	})
}
