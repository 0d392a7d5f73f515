// Package tombstone keeps which calls were erased, so that nothing of them comes
// back: with a restored backup, a rebuilt database, a recording that is found
// later, or one that the dialplan made by itself.
//
//	tombstones.jsonl    an erased call a line; mode 0600, only ever appended to, and synced
//
// A tombstone tells nothing of the person: the call's id, when it was erased, and
// salted hashes of the recording, by which a copy under another name is known
// again. It is written before anything is removed. A second file lies in every
// backup that was within reach; a copy kept with the secret serves those that
// were not.
package tombstone

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"glennline/ops/jsonl"
)

// FileName is what the file is called, in a data folder and in a backup.
const FileName = "tombstones.jsonl"

// Stone is the tombstone of a call.
type Stone struct {
	CallID string    `json:"call"`
	At     time.Time `json:"at"` // UTC
	Salt   string    `json:"salt,omitempty"`
	Audio  string    `json:"audio,omitempty"` // salted hash of the SHA-256 of the samples; "" without a recording
	File   string    `json:"file,omitempty"`  // and of that of the file
}

// Set is the erased calls of some files. The nil Set has none.
type Set struct {
	stones map[string]Stone
	salts  map[string]bool
	hashes map[string]bool
}

// Load reads files; those that do not exist have nothing.
func Load(paths ...string) (*Set, error) {
	s := &Set{stones: make(map[string]Stone), salts: make(map[string]bool), hashes: make(map[string]bool)}
	for _, path := range paths {
		err := jsonl.Read(path, func(stone Stone) error {
			if stone.CallID == "" {
				return fmt.Errorf("%s: %w: it names no call", path, jsonl.ErrLine)
			}
			s.stones[stone.CallID] = stone
			for _, hash := range []string{stone.Audio, stone.File} {
				if hash != "" {
					s.salts[stone.Salt], s.hashes[hash] = true, true
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("tombstones: %w", err)
		}
	}
	return s, nil
}

// New is the tombstone of a call that is erased now; the hashes of its recording,
// of samples and file, are "" without one. All of a set have one salt, so that a
// file is hashed once to look for it among them.
func (s *Set) New(callID string, at time.Time, audioSHA256, fileSHA256 string) Stone {
	stone := Stone{CallID: callID, At: at.UTC().Truncate(time.Second)}
	if audioSHA256 == "" && fileSHA256 == "" {
		return stone
	}
	if len(s.salts) == 0 {
		s.salts[rand.Text()] = true
	}
	stone.Salt = slices.Min(slices.Collect(maps.Keys(s.salts)))
	stone.Audio, stone.File = hashed(stone.Salt, audioSHA256), hashed(stone.Salt, fileSHA256)
	return stone
}

func hashed(salt, text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(salt + "\n" + text))
	return hex.EncodeToString(sum[:])
}

// Erased is whether a call was erased.
func (s *Set) Erased(callID string) bool {
	if s == nil {
		return false
	}
	_, ok := s.stones[callID]
	return ok
}

// Known is whether a recording was erased, by the SHA-256 of its samples or its
// file. Silence is like silence: of a recording whose call is known, go by that.
func (s *Set) Known(sha256 string) bool {
	if s == nil || sha256 == "" {
		return false
	}
	for salt := range s.salts {
		if s.hashes[hashed(salt, sha256)] {
			return true
		}
	}
	return false
}

// IDs are the erased calls, sorted.
func (s *Set) IDs() []string {
	if s == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.stones))
}

// Stones are all of them, by call.
func (s *Set) Stones() []Stone {
	var all []Stone
	for _, id := range s.IDs() {
		all = append(all, s.stones[id])
	}
	return all
}

// Add appends to the file those stones of which it has none yet, and returns
// when they are on disk.
func Add(path string, stones ...Stone) error {
	known, err := Load(path)
	if err != nil {
		return err
	}
	var fresh []Stone
	for _, stone := range stones {
		if !known.Erased(stone.CallID) {
			fresh = append(fresh, stone)
		}
	}
	if err := jsonl.Append(path, fresh...); err != nil {
		return fmt.Errorf("tombstones: %w", err)
	}
	return nil
}
