package seal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glennline/ops/seal"
)

// resealed has another manifest in its place, which nobody signed.
func resealed(t *testing.T, s sealed, change func(m map[string]any)) seal.Verification {
	t.Helper()
	path := filepath.Join(s.dir, seal.ManifestName)
	text, err := os.ReadFile(path)
	must(t, err)
	var m map[string]any
	must(t, json.Unmarshal(text, &m))
	delete(m, "public_key")
	change(m)
	text, err = json.Marshal(m)
	must(t, err)
	must(t, os.WriteFile(path, text, 0o644))
	must(t, os.Remove(path+seal.SignatureSuffix))
	return s.verification()
}

func files(m map[string]any) []any { return m["files"].([]any) }

// A manifest that others made, in which nothing is in an order.
func TestVerifyUnsorted(t *testing.T) {
	v := resealed(t, folder(t, nil), func(m map[string]any) {
		f := files(m)
		f[0], f[1], f[2] = f[2], f[0], f[1]
	})
	if r := verify(t, v); !r.Holds() || !said(r, seal.Holds, "2 recordings are theirs") {
		t.Errorf("%+v", r.Checks)
	}
	v = resealed(t, folder(t, nil), func(m map[string]any) {
		m["files"] = append(files(m), files(m)[0])
	})
	if r := verify(t, v); r.Holds() || !said(r, seal.Fails, `"rows" stands there twice`) {
		t.Errorf("%+v", r.Checks)
	}
}

// What Parse refuses as a whole, Verify refuses piece by piece.
func TestVerifyRefusesWhatContradictsItself(t *testing.T) {
	for what, text := range contradictions {
		path := filepath.Join(t.TempDir(), seal.ManifestName)
		must(t, os.WriteFile(path, []byte(text), 0o644))
		if r := verify(t, seal.Verification{Path: path}); r.Holds() || !said(r, seal.Fails, "the manifest cannot be read: ") {
			t.Errorf("%s: %+v", what, r.Checks)
		}
	}
}

func TestVerifyNamesSomeOfMany(t *testing.T) {
	s := folder(t, nil)
	for n := range 30 {
		must(t, os.MkdirAll(filepath.Join(s.dir, "deep", fmt.Sprintf("%02d", n)), 0o755))
		must(t, os.WriteFile(filepath.Join(s.dir, "deep", fmt.Sprintf("%02d", n), "a"), nil, 0o644))
	}
	r := verify(t, s.verification())
	if !said(r, seal.Fails, `"deep/00/a" is not in the manifest`) || !said(r, seal.Fails, `"deep/19/a"`) || said(r, seal.Fails, `"deep/20/a"`) || !said(r, seal.Fails, "and 10 more") {
		t.Errorf("%+v", r.Checks)
	}
}

// A folder that lies elsewhere is not what was sealed, though all is in it.
func TestVerifyFolderBehindALink(t *testing.T) {
	s := folder(t, nil)
	voices := filepath.Join(s.dir, seal.VoicesFolder)
	must(t, os.Rename(voices, s.dir+".voices"))
	must(t, os.Symlink(s.dir+".voices", voices))
	if r := verify(t, s.verification()); !said(r, seal.Fails, `"voices" is not in the manifest`) {
		t.Errorf("%+v", r.Checks)
	}
}

// minisign -l signs the manifest itself, of which nothing else is kept.
func TestVerifySignatureOfNoHash(t *testing.T) {
	s := folder(t, nil)
	path := filepath.Join(s.dir, seal.ManifestName)
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+seal.SignatureSuffix, s.key.SignUnhashed(text), 0o644))
	if r := verify(t, s.verification()); !r.Holds() {
		t.Errorf("%+v", r.Checks)
	}
	must(t, os.WriteFile(path, append(text, '\n'), 0o644))
	if r := verify(t, s.verification()); !said(r, seal.Fails, "does not belong to this manifest") {
		t.Errorf("%+v", r.Checks)
	}
}

// The report as JSON has all of the manifest, on one line.
func TestReportAsJSON(t *testing.T) {
	s := folder(t, nil)
	sealedAs, err := os.ReadFile(filepath.Join(s.dir, seal.ManifestName))
	must(t, err)
	var out bytes.Buffer
	must(t, verify(t, s.verification()).WriteJSON(&out))
	var got struct {
		Says  json.RawMessage `json:"says"`
		Holds bool            `json:"holds"`
	}
	must(t, json.Unmarshal(out.Bytes(), &got))
	if said, err := seal.Parse(got.Says); err != nil || len(said.Files) != 3 || !got.Holds || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%v: %s", err, out.String())
	}
	var want bytes.Buffer
	must(t, json.Compact(&want, sealedAs))
	if compact := new(bytes.Buffer); json.Compact(compact, got.Says) != nil || compact.String() != want.String() {
		t.Errorf("says %s, want %s", compact, &want)
	}

	must(t, os.WriteFile(filepath.Join(s.dir, seal.ManifestName), []byte("{"), 0o644))
	out.Reset()
	must(t, verify(t, s.verification()).WriteJSON(&out))
	if !strings.Contains(out.String(), `"says":null,"holds":false}`) {
		t.Errorf("of what is none: %s", out.String())
	}
}
