package seal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// between stands in lists of files between the path and its hash: before all that
// paths can have in them, so that such texts come in the order of the paths.
const between = "\x00"

// Add enters a file. One that cannot stand in a manifest is an error of Encode.
func (m *Manifest) Add(f File) { m.enter(&m.Files, f) }

// AddEncrypted enters a file and the hash of what is in it.
func (m *Manifest) AddEncrypted(f File, plain string) {
	m.Add(f)
	m.enter(&m.Plain, File{Path: f.Path, SHA256: plain})
}

func (m *Manifest) enter(to **List, f File) {
	if *to == nil {
		*to = &List{folder: m.Spool, sorted: true}
	}
	if err := sound(f); err != nil {
		(*to).err = errors.Join((*to).err, err)
		return
	}
	(*to).Add(f.Path + between + f.SHA256)
}

// Close lets go of what did not fit into memory.
func (m *Manifest) Close() error {
	return errors.Join(m.Missing.Close(), m.Damaged.Close(), m.Removed.Close(), m.Plain.Close(), m.Files.Close())
}

// Encode writes the manifest, the same bytes for the same contents. One that
// contradicts itself is an error, after which what was written is of no use.
func (m Manifest) Encode(w io.Writer) error {
	m.Format = Format
	m.CutOff = m.CutOff.UTC().Truncate(time.Millisecond)
	for _, counts := range []*map[string]int{&m.Totals, &m.HeldBack} {
		if *counts == nil {
			*counts = map[string]int{}
		}
	}
	if m.Query == nil {
		m.Query = map[string]string{}
	}
	if m.Tables == nil {
		m.Tables = []Table{}
	}
	err := m.sums()
	if err == nil {
		e := &encoder{m: m, out: bufio.NewWriterSize(w, 64<<10)}
		err = e.manifest()
	}
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	return nil
}

// encoder writes a manifest.
type encoder struct {
	m     Manifest
	out   *bufio.Writer
	text  bytes.Buffer
	items int // of the list that is being written
}

// manifest writes what encoding/json would, were the lists in memory: what it makes
// has each key on a line of its own, and on those of the lists nothing else.
func (e *encoder) manifest() error {
	frame, err := e.json(e.m, "  ")
	if err != nil {
		return err
	}
	for line := range bytes.Lines(bytes.Clone(frame)) {
		if err := e.line(line); err != nil {
			return err
		}
	}
	return e.out.Flush()
}

func (e *encoder) line(line []byte) error {
	key, _, _ := strings.Cut(string(line), ": ")
	var items func() error
	begin, end := byte('['), byte(']')
	switch key {
	case `  "` + keyMissing + `"`:
		items = func() error { return e.ids(e.m.Missing) }
	case `  "` + keyDamaged + `"`:
		items = func() error { return e.ids(e.m.Damaged) }
	case `  "` + keyRemoved + `"`:
		items = func() error { return e.ids(e.m.Removed) }
	case `  "` + keyInside + `"`:
		items, begin, end = e.inside, '{', '}'
	case `  "` + keyFiles + `"`:
		items = e.files
	default:
		_, err := e.out.Write(line)
		return err
	}
	_, _ = e.out.WriteString(key + ": ") // Flush tells
	_ = e.out.WriteByte(begin)
	e.items = 0
	if err := items(); err != nil {
		return err
	}
	if e.items > 0 {
		_, _ = e.out.WriteString("\n  ")
	}
	_ = e.out.WriteByte(end)
	if bytes.HasSuffix(line, []byte(",\n")) {
		_ = e.out.WriteByte(',')
	}
	return e.out.WriteByte('\n')
}

// json is a value as it is written; it lasts until the next.
func (e *encoder) json(value any, indent string) ([]byte, error) {
	e.text.Reset()
	enc := json.NewEncoder(&e.text)
	enc.SetEscapeHTML(false) // names stand as they are
	enc.SetIndent("", indent)
	err := enc.Encode(value)
	return e.text.Bytes(), err
}

// item begins the next one of a list with a text.
func (e *encoder) item(text string) error {
	quoted, err := e.json(text, "")
	if err != nil {
		return err
	}
	if e.items++; e.items > 1 {
		_ = e.out.WriteByte(',')
	}
	_, _ = e.out.WriteString("\n    ")
	_, err = e.out.Write(bytes.TrimSuffix(quoted, []byte("\n")))
	return err
}

func (e *encoder) ids(ids *List) error {
	for id, err := range ids.All() {
		if err == nil {
			err = e.item(id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// files writes them as sha256sum would, and says what is wrong with them.
func (e *encoder) files() error {
	tables := make(map[string]bool, len(e.m.Tables))
	for _, t := range e.m.Tables {
		tables[t.Path] = true
	}
	last := ""
	for text, err := range e.m.Files.All() {
		if err != nil {
			return err
		}
		name, sum, _ := strings.Cut(text, between)
		if name == last {
			return fmt.Errorf("%q stands there twice", name)
		}
		last = name
		delete(tables, name)
		if err := e.item(sum + "  " + name); err != nil {
			return err
		}
	}
	for name := range tables {
		return fmt.Errorf("the table %q is not among its files", name)
	}
	return nil
}

// inside writes the hashes of what is in encrypted files, all of which have to be among
// the files.
func (e *encoder) inside() error {
	file, stop := iter.Pull2(e.m.Files.All())
	defer stop()
	name := "" // of the file that is looked at
	for text, err := range e.m.Plain.All() {
		if err != nil {
			return err
		}
		encrypted, sum, _ := strings.Cut(text, between)
		for name < encrypted {
			next, err, more := file()
			if err != nil {
				return err
			}
			if !more {
				break
			}
			name, _, _ = strings.Cut(next, between)
		}
		if name != encrypted {
			return fmt.Errorf("the encrypted %q is not among its files", encrypted)
		}
		if err := e.item(encrypted); err != nil {
			return err
		}
		if _, err := e.out.WriteString(`: "` + sum + `"`); err != nil {
			return err
		}
	}
	return nil
}
