package tombstone_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/ops/jsonl"
	"glennline/ops/tombstone"
	"glennline/petition/callid"
)

var at = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

// buried is a set with one call, and the file that it was read from.
func buried(t *testing.T) (s *tombstone.Set, path, id string) {
	t.Helper()
	path, id = filepath.Join(t.TempDir(), tombstone.FileName), callid.Derive("pbx", "pbx-1795370460.1", at)
	empty, err := tombstone.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	stone := empty.New(id, at, strings.Repeat("a", 64), strings.Repeat("f", 64))
	for range 2 { // again adds nothing
		if err := tombstone.Add(path, stone); err != nil {
			t.Fatal(err)
		}
	}
	if s, err = tombstone.Load(path, filepath.Join(t.TempDir(), "nosuch")); err != nil {
		t.Fatal(err)
	}
	return s, path, id
}

func TestNames(t *testing.T) {
	s, _, id := buried(t)
	other := callid.Derive("pbx", "pbx-1795370460.2", at)
	for name, want := range map[string]bool{
		"archive/2026/11/22/" + id + ".wav":                      true,
		"2026-11-22/" + id + "~0123456789ab~fr.wav":              true,
		"quarantine/" + id + "~0123456789ab~fr-2.wav":            true,
		"quarantine/" + id + "~0123456789ab~fr-2.wav.json":       true,
		"quarantine/damaged-" + id + ".wav":                      true,
		"archive/.partial/" + id + ".wav.1234":                   true,
		"fallback/main~0123456789ab~fr~pbx-1795370460.1.wav":     true,
		"fallback/main~0123456789ab~fr~pbx-1795370460.1.call":    true,
		"quarantine/main~0123456789ab~fr~pbx-1795370460.1-3.wav": true,
		"archive/2026/11/22/" + other + ".wav":                   false,
		"fallback/main~0123456789ab~fr~pbx-1795370460.2.wav":     false,
		"quarantine/main~0123456789ab~fr~pbx-1795370460.11.wav":  false,
		"prompts/0123456789ab/notice.alaw":                       false,
		"archive/2026/11/22/" + strings.ToLower(id) + ".wav":     false,
		"quarantine/under another name.wav":                      false,
	} {
		if got := s.Named(name); got != want {
			t.Errorf("%s is one of an erased call: %v, want %v", name, got, want)
		}
	}
}

// Silence is like silence: by its samples alone nothing goes that is another
// call's.
func TestHashes(t *testing.T) {
	s, path, _ := buried(t)
	file := strings.Repeat("f", 64)
	other := callid.Derive("pbx", "pbx-1795370460.2", at)
	if !s.Holds("quarantine/under another name.wav", file) || s.Holds("archive/2026/11/22/"+other+".wav", file) || s.Holds("quarantine/x.wav", strings.Repeat("e", 64)) {
		t.Error("a file is not known by its hash, or one is that should not be")
	}
	if !s.Known(strings.Repeat("a", 64)) || s.Known("") {
		t.Error("the samples are not known")
	}
	raw, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(raw), file[:16]) || strings.Count(string(raw), "\n") != 1 {
		t.Errorf("%s, %v; want one line without the hash itself", raw, err)
	}
	// Those that come later have the same salt, so that one hash finds them all.
	second := s.New(other, at, "x", "y")
	if first := s.Stones()[0]; second.Salt != first.Salt || second.Audio == first.Audio {
		t.Errorf("%+v and %+v", first, second)
	}
}

func TestNobody(t *testing.T) {
	var none *tombstone.Set
	if none.Erased("x") || none.Named("x") || none.Known("x") || none.IDs() != nil || none.Stones() != nil {
		t.Error("nobody was erased")
	}
	path := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(path, []byte("{\"call\":\"\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tombstone.Load(path); !errors.Is(err, jsonl.ErrLine) {
		t.Errorf("a damaged file: %v, want ErrLine: whom it names would come back", err)
	}
}

// A tombstone has nothing that could be found by trying all telephone numbers:
// the id of a call follows from what Asterisk called it, and what is hashed is the
// hash of a recording, not the few digits of a number or what was made of them.
func TestNothingOfANumber(t *testing.T) {
	_, path, id := buried(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var stone map[string]string
	if err := json.Unmarshal(text, &stone); err != nil {
		t.Fatal(err)
	}
	if keys := slices.Sorted(maps.Keys(stone)); !slices.Equal(keys, []string{"at", "audio", "call", "file", "salt"}) {
		t.Errorf("a tombstone has %v: what is new there must not follow from a number", keys)
	}
	sum := func(salt, of string) string {
		h := sha256.Sum256([]byte(salt + "\n" + of))
		return hex.EncodeToString(h[:])
	}
	if stone["call"] != id || stone["audio"] != sum(stone["salt"], strings.Repeat("a", 64)) || stone["file"] != sum(stone["salt"], strings.Repeat("f", 64)) {
		t.Errorf("%v follows from something else", stone)
	}
}
