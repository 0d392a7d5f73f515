package handover_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"glennline/ops/export"
	"glennline/ops/handover"
	"glennline/ops/outfile"
	"glennline/ops/seal"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// tree is what lies in a folder, by its name.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[rel] = string(text)
		return err
	}))
	return all
}

func proof(path string) seal.Verification {
	return seal.Verification{Path: path, Rows: export.Readers, Never: []string{"confidential", "test", "withdrawn"}}
}

func TestTheSameDataGivesTheSameBytes(t *testing.T) {
	l := use(t, 3)
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	paper := filepath.Join(t.TempDir(), "plan à quatre.txt")
	must(t, os.WriteFile(paper, []byte("four points"), 0o600))
	var sums []string
	for _, to := range []string{one, two} {
		cfg := l.config(t, to)
		cfg.Attach = []handover.Paper{handover.Paper(paper)}
		made, err := handover.Make(t.Context(), cfg)
		must(t, err)
		if made.Voices != 3 {
			t.Errorf("%d voices", made.Voices)
		}
		sums = append(sums, made.Sum)
	}
	if diff := cmp.Diff(tree(t, one), tree(t, two)); diff != "" || sums[0] != sums[1] {
		t.Errorf("%q:\n%s", sums, diff)
	}
	if !strings.Contains(tree(t, one)["index.html"], `href="papers/plan%20%C3%A0%20quatre.txt"`) {
		t.Error("the page does not lead to the paper")
	}
	r, err := seal.Verify(t.Context(), proof(one))
	if err != nil || !r.Holds() || r.SHA256 != sums[0] {
		t.Errorf("%+v, %v", r, err)
	}
}

// A voice that is put there by somebody, with a manifest to fit, is one of no row.
func TestAVoiceOfNoRow(t *testing.T) {
	l := use(t, 2)
	to := filepath.Join(t.TempDir(), "out")
	cfg := l.config(t, to)
	made, err := handover.Make(t.Context(), cfg)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(to, "voices", "00003.wav"), []byte("RIFF"), 0o600))
	must(t, os.Remove(filepath.Join(to, seal.ManifestName)))
	m := made.Manifest
	m.Add(seal.File{Path: "voices/00003.wav", SHA256: seal.Sum([]byte("RIFF"))})
	_, err = seal.Write(to, m, nil)
	must(t, err)
	r, err := seal.Verify(t.Context(), proof(to))
	must(t, err)
	said := ""
	for _, c := range r.Checks {
		if c.State == seal.Fails {
			said += c.Text
		}
	}
	if said != "voices/00003.wav is the recording of no row" {
		t.Errorf("%q", said)
	}
}

func TestNothingHalfMade(t *testing.T) {
	l := use(t, 2)
	broken := errors.New("the report cannot be made")
	for name, spoil := range map[string]func(*handover.Config) error{
		"a failing report": func(cfg *handover.Config) error { cfg.Report = func(io.Writer) error { return broken }; return broken },
		"what cannot be written to the audit chain": func(cfg *handover.Config) error {
			cfg.Before = func(handover.Result) error { return broken }
			return broken
		},
		"what becomes confidential meanwhile": func(cfg *handover.Config) error {
			report := cfg.Report
			cfg.Report = func(w io.Writer) error { // when the rows are written
				_, err := l.db.Decide(t.Context(), sqlite.Decision{IDs: []string{id(1)}, Status: petition.StatusConfidential, Reason: "asked", Actor: "alice"})
				must(t, errors.Join(err, report(w)))
				return nil
			}
			return sqlite.ErrTakenOut
		},
		"a paper with an odd name": func(cfg *handover.Config) error {
			paper := handover.Paper(filepath.Join(t.TempDir(), `wh"at.txt`))
			must(t, os.WriteFile(string(paper), nil, 0o600))
			cfg.Attach = []handover.Paper{paper}
			return handover.ErrPaper
		},
		"a folder for a paper": func(cfg *handover.Config) error {
			cfg.Attach = []handover.Paper{handover.Paper(t.TempDir())}
			return handover.ErrPaper
		},
		"a folder that cannot be written": func(cfg *handover.Config) error { cfg.To = "/proc/self/out"; return outfile.ErrTarget },
	} {
		dir := t.TempDir()
		cfg := l.config(t, filepath.Join(dir, "out"))
		want := spoil(&cfg)
		if _, err := handover.Make(t.Context(), cfg); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		must(t, cfg.From.Close())
		if left := tree(t, dir); len(left) > 0 {
			t.Errorf("%s left %v", name, left)
		}
	}

	// Broken off in the middle, and what was there stays.
	dir := t.TempDir()
	to := filepath.Join(dir, "out")
	_, err := handover.Make(t.Context(), l.config(t, to))
	must(t, err)
	before := tree(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	cfg := l.config(t, to)
	cfg.Force = true
	cfg.Report = func(io.Writer) error { cancel(); return nil }
	if _, err := handover.Make(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestOpen(t *testing.T) {
	l := use(t, 2)
	dir := t.TempDir()
	owner, err := age.GenerateX25519Identity()
	must(t, err)
	stranger, err := age.GenerateX25519Identity()
	must(t, err)
	to := filepath.Join(dir, "out")
	cfg := l.config(t, to)
	cfg.Recipients = []age.Recipient{owner.Recipient()}
	made, err := handover.Make(t.Context(), cfg)
	must(t, err)
	open := func(who age.Identity, opened string) error {
		v := proof(to)
		v.Identities, v.Published = []age.Identity{who}, made.Sum
		done, err := handover.Open(t.Context(), handover.Opening{Proof: v, To: opened})
		if err == nil && (!done.Around.Anchored || done.Inside.Rows != 2) {
			t.Errorf("%+v", done)
		}
		return err
	}
	if err := open(stranger, filepath.Join(dir, "not")); !errors.Is(err, seal.ErrIdentity) {
		t.Error(err)
	}
	must(t, open(owner, filepath.Join(dir, "opened")))
	plain := l.config(t, filepath.Join(dir, "plain"))
	_, err = handover.Make(t.Context(), plain)
	must(t, err)
	if diff := cmp.Diff(tree(t, plain.To), tree(t, filepath.Join(dir, "opened"))); diff != "" {
		t.Errorf("what was opened is not what --plain makes:\n%s", diff)
	}

	// A changed byte anywhere in it: nothing is opened.
	path := filepath.Join(to, handover.Sealed)
	sealed, err := os.ReadFile(path)
	must(t, err)
	sealed[len(sealed)/2] ^= 1
	must(t, os.WriteFile(path, sealed, 0o600))
	if err := open(owner, filepath.Join(dir, "not")); !errors.Is(err, handover.ErrUnproved) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "not")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("opened in part:", err)
	}
}

// An empty petition is a valid, empty handover.
func TestNobody(t *testing.T) {
	to := filepath.Join(t.TempDir(), "out")
	made, err := handover.Make(t.Context(), use(t, 0).config(t, to))
	must(t, err)
	if page := tree(t, to)["index.html"]; made.Voices != 0 || strings.Contains(page, "<audio") || !strings.Contains(page, "Aucune voix") {
		t.Errorf("%d voices, on\n%s", made.Voices, page)
	}
	if r, err := seal.Verify(t.Context(), proof(to)); err != nil || !r.Holds() {
		t.Errorf("%+v, %v", r, err)
	}
}

// Only what this package made is ever replaced.
func TestOurs(t *testing.T) {
	for text, want := range map[string]bool{
		`{"format":1,"kind":"handover","files":[]}`:                    true,
		`{"format":1,"kind":"bundle","files":[]}`:                      false,
		`{"format":1,"kind":"handover","files":[`:                      false,
		`{"format":1,"kind":"handover","files":[7]}`:                   false,
		`{"format":1,"kind":"handover","rows":3,"files":[]}`:           false,
		`{"format":2,"kind":"handover","files":[]}`:                    false,
		`{"kind":"handover"}`:                                          false,
		`{"format":1,"kind":"handover","files":["x  index.html"]}`:     false,
		`{"format":1,"kind":"handover","files":[]} and something else`: false,
	} {
		dir := t.TempDir()
		if handover.Ours(dir) {
			t.Error("an empty folder is ours")
		}
		must(t, os.WriteFile(filepath.Join(dir, seal.ManifestName), []byte(text), 0o600))
		if got := handover.Ours(dir); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
