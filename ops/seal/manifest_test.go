package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
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
	text := encoded(t, m)
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
	if diff := cmp.Diff(string(text), string(encoded(t, back.Made()))); diff != "" {
		t.Error(diff)
	}
}

func encoded(t *testing.T, m seal.Manifest) []byte {
	t.Helper()
	var text bytes.Buffer
	must(t, m.Encode(&text))
	return text.Bytes()
}

// testdata/manifest.json is what the program made when it held manifests in memory, and
// what older versions of it read.
func TestEncodeAsEver(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "manifest.json"))
	must(t, err)
	for _, atOnce := range []int{1, 7, 1000} {
		t.Run(strconv.Itoa(atOnce), func(t *testing.T) {
			defer seal.InParts(atOnce)()
			m := seal.Manifest{
				Kind: "bundle", Legal: "<none> counts & none \"does\"\u2028", CutOff: cutOff,
				Query: map[string]string{"files": "[", "inside": "{},"}, Rows: 50, Totals: map[string]int{"counted": 40, "blank": 10},
				HeldBack: map[string]int{"confidential": 1}, Voices: seal.VoicesAll, Looked: seal.LookedHash,
				Missing: seal.NewList(t.TempDir()), Damaged: seal.NewList(""), Software: "glennline test", Config: none,
				Audit: seal.Head{Entries: 7, Hash: none}, PublicKey: "RWQ", Spool: t.TempDir(),
				Tables: []seal.Table{{Path: "signatures.csv.age", Format: "csv"}},
			}
			defer m.Close()
			file := func(name string) seal.File { return seal.File{Path: name, SHA256: seal.Sum([]byte(name))} }
			for n := range 30 {
				m.AddEncrypted(file("voices/"+id(n*7%30)+".wav.age"), seal.Sum([]byte(id(n*7%30))))
			}
			for n := range 17 { // in the order of their rows
				m.Missing.Add(id(n * 3 % 17))
			}
			for _, name := range []string{"voices-", "papers/é & <b>.pdf", "voices/10000.wav", "voices/100000.wav", "voices/10001.wav"} {
				m.Add(file(name))
			}
			m.AddEncrypted(file("signatures.csv.age"), none)
			if diff := cmp.Diff(string(want), string(encoded(t, m))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A manifest that contradicts itself is not made, however long its lists are.
func TestEncodeRefuses(t *testing.T) {
	defer seal.InParts(2)()
	a, other := seal.File{Path: "a", SHA256: none}, seal.File{Path: "b", SHA256: none}
	for what, m := range map[string]seal.Whole{
		"twice":           {Files: []seal.File{a, other, {Path: "c", SHA256: none}, {Path: "a", SHA256: seal.Sum([]byte("a"))}}},
		"elsewhere":       {Files: []seal.File{{Path: "../a", SHA256: none}}},
		"no hash":         {Files: []seal.File{{Path: "a", SHA256: "A"}}},
		"no such table":   {Manifest: seal.Manifest{Tables: []seal.Table{{Path: "c"}}}, Files: []seal.File{a, other}},
		"other sum":       {Manifest: seal.Manifest{Rows: 3, Totals: map[string]int{"counted": 2}}},
		"encrypted else":  {Files: []seal.File{a, other}, Plain: map[string]string{"c": none}},
		"encrypted first": {Files: []seal.File{other}, Plain: map[string]string{"a": none}},
		"inside no hash":  {Files: []seal.File{a}, Plain: map[string]string{"a": "b"}},
	} {
		dir := t.TempDir()
		if sum, err := seal.Write(dir, m.Made(), nil); err == nil || sum != "" {
			t.Errorf("%s: sealed as %q", what, sum)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: it leaves %v, %v", what, left, err)
		}
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
