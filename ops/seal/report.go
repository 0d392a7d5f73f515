package seal

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// State is what came of a check.
type State string

// The states.
const (
	Holds   State = "holds"
	Fails   State = "fails"
	Unknown State = "unknown" // could not be checked with what was given
	Note    State = "note"    // nothing to check, and to be known
)

// Check is one thing that was looked at, in plain words.
type Check struct {
	What  string `json:"check"` // published, signature, manifest, files, encryption, rows, recordings
	State State  `json:"state"`
	Text  string `json:"text"`
}

// Report is what a verification found.
type Report struct {
	Path     string         `json:"manifest"` // its path
	SHA256   string         `json:"manifest_sha256"`
	Anchored bool           `json:"anchored"` // a published hash or a given key shows whose it is
	Rows     int            `json:"rows"`     // counted; 0 where they could not be
	Totals   map[string]int `json:"totals"`   // counted
	Checks   []Check        `json:"checks"`
	Manifest *Manifest      `json:"says"` // what the manifest says, without its lists of files and of recordings; nil where it cannot be read
}

// Holds is whether nothing that was checked failed.
func (r Report) Holds() bool {
	for _, c := range r.Checks {
		if c.State == Fails {
			return false
		}
	}
	return true
}

func (r *Report) add(what string, state State, text string) {
	r.Checks = append(r.Checks, Check{what, state, text})
}

// WriteJSON writes the report as one line, with whether it holds, and with all of the
// manifest, as it lies there.
func (r Report) WriteJSON(w io.Writer) error {
	out := bufio.NewWriter(w)
	says := r.Manifest != nil
	r.Manifest = nil
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, _ = out.Write(bytes.TrimSuffix(text, []byte("null}"))) // Flush tells
	if !says {
		_, _ = out.WriteString("null")
	} else if err := r.copyManifest(out); err != nil {
		return err
	}
	fmt.Fprintf(out, `,"holds":%t}`+"\n", r.Holds())
	return out.Flush()
}

// copyManifest copies the manifest without the ends of its lines, which are in none
// of its texts, and without what indents them.
func (r Report) copyManifest(out *bufio.Writer) error {
	f, err := openManifest(r.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	in := bufio.NewReaderSize(io.TeeReader(f, sum), 64<<10)
	for indent := true; ; {
		c, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if indent = c == '\n' || c == '\r' || indent && c == ' '; indent {
			continue
		}
		if err := out.WriteByte(c); err != nil {
			return err
		}
	}
	if hex.EncodeToString(sum.Sum(nil)) != r.SHA256 {
		return fmt.Errorf("%s: %w", r.Path, errChanged)
	}
	return nil
}
