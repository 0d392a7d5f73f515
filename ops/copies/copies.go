// Package copies remembers what left the data folder, where it went, and when it
// expires: whoever is erased is in there too, and has to be told.
//
//	copies.jsonl    a copy a line; mode 0600, only ever appended to, and synced
package copies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"glennline/ops/jsonl"
)

// FileName is what the file is called in a data folder.
const FileName = "copies.jsonl"

// Kind is what was copied.
type Kind string

// The kinds.
const (
	Backup  Kind = "backup"  // the whole data folder, see package backup
	Export  Kind = "export"  // rows of signatures
	Bundle  Kind = "bundle"  // rows and recordings, to be handed over
	Subject Kind = "subject" // what is stored about one person, for that person; Voices has the calls
)

// Copy is one that was made.
type Copy struct {
	Kind    Kind      `json:"kind"`
	Path    string    `json:"path"` // absolute, or a word such as "standard output"
	At      time.Time `json:"at"`   // UTC: it holds what was there then
	Expires time.Time `json:"expires,omitzero"`
	Actor   string    `json:"actor"` // who made it

	// What is in it; all empty of one that an older version has noted.
	Holds  Holds     `json:"holds,omitempty"`
	Voices []string  `json:"voices,omitempty"` // of these calls, or of the persons behind them; of all that are in it, if empty
	Line   string    `json:"line,omitempty"`   // of calls to this line alone
	Since  time.Time `json:"since,omitzero"`   // and of those that began then or later
	Until  time.Time `json:"until,omitzero"`   // and before
}

// Holds is what is in an export.
type Holds string

// What an export can have in it.
const (
	Rows   Holds = "rows"   // of signatures, without recordings
	Voices Holds = "voices" // recordings too
)

// Record adds a copy to the file at path and returns when that is on disk.
func Record(path string, c Copy) error {
	if err := jsonl.Append(path, c.inSeconds()); err != nil {
		return fmt.Errorf("remember the copy: %w", err)
	}
	return nil
}

// RecordVoices is Record of a copy with these voices, of which there is at least one: a
// million of them are never together in memory.
func RecordVoices(path string, c Copy, voices iter.Seq2[string, error]) error {
	c.Voices = nil
	begin, err := json.Marshal(c.inSeconds())
	if err != nil {
		return err
	}
	err = jsonl.AppendTo(path, func(w io.Writer) error {
		if _, err := w.Write(append(bytes.TrimSuffix(begin, []byte("}")), `,"voices":`...)); err != nil {
			return err
		}
		before := "["
		for voice, err := range voices {
			if err != nil {
				return err
			}
			text, err := json.Marshal(voice)
			if err != nil {
				return err
			}
			if _, err := w.Write(append([]byte(before), text...)); err != nil {
				return err
			}
			before = ","
		}
		if before == "[" { // which would stand for all
			return errors.New("no voices")
		}
		_, err := io.WriteString(w, "]}\n")
		return err
	})
	if err != nil {
		return fmt.Errorf("remember the copy: %w", err)
	}
	return nil
}

func (c Copy) inSeconds() Copy {
	c.At, c.Expires = c.At.UTC().Truncate(time.Second), c.Expires.UTC().Truncate(time.Second)
	return c
}

// List is what was recorded, oldest first. Of backups into one folder it is the
// last: each takes the place of the one before.
func List(path string) ([]Copy, error) {
	var all []Copy
	err := jsonl.Read(path, func(c Copy) error {
		if c.Kind == Backup {
			all = slices.DeleteFunc(all, func(old Copy) bool { return old.Kind == Backup && old.Path == c.Path })
		}
		all = append(all, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("copies: %w", err)
	}
	return all, nil
}
