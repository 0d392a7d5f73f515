package seal

import (
	"bytes"
	"io"
	"slices"

	"aead.dev/minisign"
)

// InParts makes indexes and lists hold so few texts at once that they come in parts,
// until the function that it returns is called.
func InParts(texts int) (whole func()) {
	was := atOnce
	atOnce.indexed, atOnce.listed = texts, texts
	return func() { atOnce = was }
}

// NewSorted makes a list that puts its texts in order.
func NewSorted(folder string) *List { return &List{folder: folder, sorted: true} }

// Whole is a manifest with its lists in memory, where a test can change them.
type Whole struct {
	Manifest
	Missing, Damaged, Removed []string
	Plain                     map[string]string
	Files                     []File
}

// Add enters a file.
func (w *Whole) Add(f File) { w.Files = append(w.Files, f) }

// Made is the manifest as the program makes it.
func (w Whole) Made() Manifest {
	m := w.Manifest
	for _, f := range w.Files {
		if sum, is := w.Plain[f.Path]; is {
			m.AddEncrypted(f, sum)
		} else {
			m.Add(f)
		}
	}
	for name, sum := range w.Plain {
		if !slices.ContainsFunc(w.Files, func(f File) bool { return f.Path == name }) {
			m.enter(&m.Plain, File{Path: name, SHA256: sum})
		}
	}
	for to, ids := range map[**List][]string{&m.Missing: w.Missing, &m.Damaged: w.Damaged, &m.Removed: w.Removed} {
		*to = NewList(w.Spool)
		for _, id := range ids {
			(*to).Add(id)
		}
	}
	return m
}

// Parse reads a manifest. One that contradicts itself is an error.
func Parse(text []byte) (w Whole, err error) {
	w.Plain = make(map[string]string)
	w.Manifest, err = scan(bytes.NewReader(text), lists{
		file:   func(f File) error { w.Files = append(w.Files, f); return nil },
		inside: func(name, sum string) error { w.Plain[name] = sum; return nil },
		absent: func(why, id string) error {
			to := map[string]*[]string{keyMissing: &w.Missing, keyDamaged: &w.Damaged, keyRemoved: &w.Removed}[why]
			*to = append(*to, id)
			return nil
		},
	})
	if err != nil {
		return w, err
	}
	return w, w.Made().Encode(io.Discard)
}

// SignUnhashed signs a text as minisign -l does.
func (k *Key) SignUnhashed(text []byte) []byte { return minisign.Sign(k.private, text) }

// MarshalText is "<SHA-256>  <path>".
func (f File) MarshalText() ([]byte, error) { return []byte(f.SHA256 + "  " + f.Path), nil }
