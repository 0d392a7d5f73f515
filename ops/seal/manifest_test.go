package seal_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/ops/seal"
)

var cutOff = time.Date(2026, 11, 22, 18, 0, 0, 123_000_000, time.UTC)

func TestEncode(t *testing.T) {
	m := seal.Manifest{
		Kind: "export", CutOff: cutOff, Legal: "<none> counts & none does",
		Rows: 2, Totals: map[string]int{"counted": 2},
	}
	m.AddEncrypted(seal.File{Path: "z.csv.age", SHA256: seal.Sum([]byte("z"))}, seal.Sum([]byte("plain")))
	m.Add(seal.File{Path: "a b/é.wav", SHA256: seal.Sum([]byte("a"))})
	text, err := m.Encode()
	must(t, err)
	for _, want := range []string{
		// As sha256sum prints it.
		`"` + seal.Sum([]byte("a")) + `  a b/é.wav",` + "\n    \"" + seal.Sum([]byte("z")) + `  z.csv.age"`,
		`"legal": "<none> counts & none does"`,
		`"recordings_missing": []`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s\nholds no %s", text, want)
		}
	}
	back, err := seal.Parse(text)
	must(t, err)
	again, err := back.Encode()
	must(t, err)
	if diff := cmp.Diff(string(text), string(again)); diff != "" {
		t.Error(diff)
	}
}

func TestNameable(t *testing.T) {
	for _, name := range []string{"a.csv", "voices/01K.wav", "handed over, 22 é.csv", "-rf", "..a"} {
		if err := seal.Nameable(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "..", "/etc/passwd", "../a", "a/../b", "a//b", "a\nb", `a"b`, `a\b`, "a\u2028b", "a\xffb", "a\x1bb"} {
		if err := seal.Nameable(name); !errors.Is(err, seal.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// contradictions are texts that are no manifests.
var contradictions = map[string]string{
	"no JSON":        `{`,
	"two manifests":  `{} {}`,
	"no object":      `[]`,
	"elsewhere":      `{"files":["` + none + `  ../../etc/passwd"]}`,
	"no hash":        `{"files":["` + none[1:] + `  a"]}`,
	"twice":          `{"files":["` + none + `  a","` + none + `  b","` + none + `  a"]}`,
	"two lists":      `{"files":["` + none + `  a"],"Files":[]}`,
	"no list":        `{"files":{"a":"` + none + `"}}`,
	"cut list":       `{"files":["` + none + `  a"`,
	"no text":        `{"files":[7]}`,
	"no such table":  `{"tables":[{"path":"a","format":"csv"}]}`,
	"other sum":      `{"rows":3,"totals":{"counted":2}}`,
	"below zero":     `{"rows":0,"totals":{"counted":2,"blank":-2}}`,
	"encrypted else": `{"inside":{"a":"` + none + `"}}`,
	"inside no hash": `{"inside":{"a":"b"},"files":["` + none + `  a"]}`,
	"inside nothing": `{"inside":{"":"` + none + `"}}`,
}

// none is the hash of no bytes.
var none = seal.Sum(nil)

func TestParseRefuses(t *testing.T) {
	for what, text := range contradictions {
		if _, err := seal.Parse([]byte(text)); err == nil {
			t.Errorf("%s: %s is a manifest", what, text)
		}
	}
	if _, err := seal.Parse([]byte(`{"format":2,"files":7}`)); !errors.Is(err, seal.ErrNewer) {
		t.Errorf("of a newer version: %v", err)
	}
	if _, err := seal.Parse([]byte(`{"format":1,"added_later":7}`)); err != nil {
		t.Errorf("with a key that was added later: %v", err)
	}
}
