package seal_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"glennline/ops/seal"
)

// plainRows reads rows of three words: id, status, hash.
func plainRows(_ context.Context, r io.Reader, row func(seal.Row) error) error {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		var made seal.Row
		if _, err := fmt.Sscan(lines.Text(), &made.ID, &made.Status, &made.SHA256); err != nil {
			return err
		}
		if err := row(made); err != nil {
			return err
		}
	}
	return nil
}

func id(n int) string { return fmt.Sprintf("01M826ME%018d", n) }

// sealed is a folder with three rows and two recordings.
type sealed struct {
	dir    string
	key    *seal.Key
	sum    string
	public string
}

func folder(t *testing.T, change func(dir string, m *seal.Whole)) sealed {
	t.Helper()
	s := sealed{dir: filepath.Join(t.TempDir(), "bundle")}
	must(t, os.MkdirAll(filepath.Join(s.dir, seal.VoicesFolder), 0o755))
	public, err := seal.Generate(s.dir+".key", s.dir+".pub", "")
	must(t, err)
	s.public = public
	s.key, err = seal.ReadKey(s.dir+".key", noPassword)
	must(t, err)
	m := seal.Whole{Manifest: seal.Manifest{
		Kind: "bundle", CutOff: cutOff, Rows: 3, Totals: map[string]int{"counted": 2, "blank": 1},
		Voices: seal.VoicesAll, Tables: []seal.Table{{Path: "rows", Format: "plain"}},
	}, Missing: []string{id(3)}}
	var rows bytes.Buffer
	for n, status := range []string{1: "counted", 2: "counted", 3: "blank"} {
		if status == "" {
			continue
		}
		voice := fmt.Appendf(nil, "RIFF%d", n)
		fmt.Fprintf(&rows, "%s %s %s\n", id(n), status, seal.Sum(voice))
		if n < 3 {
			name := seal.VoicesFolder + "/" + id(n) + ".wav"
			must(t, os.WriteFile(filepath.Join(s.dir, name), voice, 0o644))
			m.Add(seal.File{Path: name, SHA256: seal.Sum(voice)})
		}
	}
	must(t, os.WriteFile(filepath.Join(s.dir, "rows"), rows.Bytes(), 0o644))
	m.Add(seal.File{Path: "rows", SHA256: seal.Sum(rows.Bytes())})
	if change != nil {
		change(s.dir, &m)
	}
	s.sum, err = seal.Write(s.dir, m.Made(), s.key)
	must(t, err)
	return s
}

func (s sealed) verification() seal.Verification {
	return seal.Verification{
		Path:  s.dir,
		Rows:  map[string]seal.RowReader{"plain": plainRows},
		Never: []string{"confidential"},
	}
}

// inAnyOrder is for what is found part by part.
var inAnyOrder = cmpopts.SortSlices(func(a, b seal.Check) bool { return a.Text < b.Text })

// verify verifies twice, as a folder and as if that had too many files for one look.
func verify(t *testing.T, v seal.Verification) seal.Report {
	t.Helper()
	report := once(t, v)
	defer seal.InParts(1)()
	parts := once(t, v)
	if diff := cmp.Diff(report, parts, inAnyOrder); diff != "" {
		t.Errorf("in parts (-whole +parts):\n%s", diff)
	}
	return report
}

func once(t *testing.T, v seal.Verification) seal.Report {
	t.Helper()
	report, err := seal.Verify(t.Context(), v)
	must(t, err)
	return report
}

// said is whether a check of the report has the state and the words.
func said(r seal.Report, state seal.State, words string) bool {
	for _, c := range r.Checks {
		if c.State == state && strings.Contains(c.Text, words) {
			return true
		}
	}
	return false
}

func TestVerifyHolds(t *testing.T) {
	s := folder(t, nil)
	r := verify(t, s.verification())
	if !r.Holds() || r.Anchored || r.SHA256 != s.sum || r.Rows != 3 {
		t.Errorf("%+v", r)
	}
	for words, state := range map[string]seal.State{
		s.sum:                               seal.Unknown,
		"signed with the key that it names": seal.Holds,
		"3 files are there, as sealed, and nothing else":                             seal.Holds,
		"3 rows (1 blank, 2 counted), as the manifest says; 2 recordings are theirs": seal.Holds,
		"1 recording was missing when this was made: " + id(3):                       seal.Note,
	} {
		if !said(r, state, words) {
			t.Errorf("%+v\ndoes not say %s %q", r.Checks, state, words)
		}
	}

	v := s.verification()
	v.Published, v.PublicKey = strings.ToUpper(s.sum)+"\n", s.public
	if r := verify(t, v); !r.Holds() || !r.Anchored || !said(r, seal.Holds, "whose hash was published") || !said(r, seal.Holds, "the key that you gave") {
		t.Errorf("%+v", r)
	}
	v.Path = filepath.Join(s.dir, seal.ManifestName)
	if r := verify(t, v); !r.Holds() {
		t.Errorf("by its manifest: %+v", r)
	}
}

// Every byte of every file, changed in several ways, is noticed.
func TestVerifyCatchesEveryByte(t *testing.T) {
	s := folder(t, nil)
	v := s.verification()
	var files int
	must(t, filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for at := range text {
			for _, flip := range []byte{0x01, 0x20, 0x80} {
				changed := bytes.Clone(text)
				changed[at] ^= flip
				must(t, os.WriteFile(path, changed, 0o644))
				if r := once(t, v); r.Holds() {
					t.Errorf("%s: byte %d (%q) can become %q", d.Name(), at, text[at], changed[at])
				}
			}
		}
		for what, changed := range map[string][]byte{"a byte more": append(bytes.Clone(text), '\n'), "a byte less": text[:len(text)-1], "nothing": nil} {
			must(t, os.WriteFile(path, changed, 0o644))
			if r := once(t, v); r.Holds() {
				t.Errorf("%s can have %s", d.Name(), what)
			}
		}
		return os.WriteFile(path, text, 0o644)
	}))
	if r := once(t, v); files != 5 || !r.Holds() {
		t.Errorf("%d files, %+v", files, r)
	}
}

func TestVerifyCatches(t *testing.T) {
	other := folder(t, nil)
	for what, c := range map[string]struct {
		change func(t *testing.T, s sealed, v *seal.Verification)
		want   string
	}{
		"another published hash": {func(_ *testing.T, _ sealed, v *seal.Verification) { v.Published = other.sum + "0" }, "not the one whose hash was published"},
		"another key":            {func(_ *testing.T, _ sealed, v *seal.Verification) { v.PublicKey = other.public }, "signed with another key"},
		"a recording removed": {func(t *testing.T, s sealed, _ *seal.Verification) {
			must(t, os.Remove(filepath.Join(s.dir, seal.VoicesFolder, id(1)+".wav")))
		}, id(1) + ".wav is missing"},
		"a file added": {func(t *testing.T, s sealed, _ *seal.Verification) {
			must(t, os.WriteFile(filepath.Join(s.dir, "voices", "more.wav"), nil, 0o644))
		}, `"voices/more.wav" is not in the manifest`},
		"a link": {func(t *testing.T, s sealed, _ *seal.Verification) {
			must(t, os.Rename(filepath.Join(s.dir, "rows"), s.dir+".rows"))
			must(t, os.Symlink(s.dir+".rows", filepath.Join(s.dir, "rows")))
		}, "rows is no file"},
		"the signature removed": {func(t *testing.T, s sealed, _ *seal.Verification) {
			must(t, os.Remove(filepath.Join(s.dir, seal.ManifestName+seal.SignatureSuffix)))
		}, "signature cannot be read"},
		"unsigned, where a key was given": {func(t *testing.T, s sealed, v *seal.Verification) {
			text, err := os.ReadFile(filepath.Join(s.dir, seal.ManifestName))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(s.dir, seal.ManifestName), bytes.Replace(text, []byte(`  "public_key": "`+s.public+"\",\n"), nil, 1), 0o644))
			must(t, os.Remove(filepath.Join(s.dir, seal.ManifestName+seal.SignatureSuffix)))
			v.PublicKey = s.public
		}, "signature cannot be read"},
		"signed by another key": {func(t *testing.T, s sealed, v *seal.Verification) {
			text, err := os.ReadFile(filepath.Join(s.dir, seal.ManifestName))
			must(t, err)
			m, err := seal.Parse(text)
			must(t, err)
			for _, name := range []string{"", seal.SignatureSuffix} {
				must(t, os.Remove(filepath.Join(s.dir, seal.ManifestName+name)))
			}
			_, err = seal.Write(s.dir, m.Made(), other.key)
			must(t, err)
			v.PublicKey = s.public
		}, "signed with another key"},
	} {
		t.Run(what, func(t *testing.T) {
			s := folder(t, nil)
			v := s.verification()
			c.change(t, s, &v)
			if r := verify(t, v); r.Holds() || !said(r, seal.Fails, c.want) {
				t.Errorf("%+v\ndoes not say %q", r.Checks, c.want)
			}
		})
	}
}

// A manifest that says what its files do not, whoever signed it.
func TestVerifyCatchesFalseManifests(t *testing.T) {
	for what, c := range map[string]struct {
		change func(dir string, m *seal.Whole)
		want   string
	}{
		"other totals": {
			func(_ string, m *seal.Whole) { m.Totals = map[string]int{"counted": 3} },
			"3 rows are there (1 blank, 2 counted), and the manifest says 3 (3 counted)",
		},
		"a recording that nobody named": {
			func(_ string, m *seal.Whole) { m.Missing = nil },
			"the recording of " + id(3) + " is neither here nor named as missing",
		},
		"recordings exchanged": {func(_ string, m *seal.Whole) {
			m.Files[0].SHA256, m.Files[1].SHA256 = m.Files[1].SHA256, m.Files[0].SHA256
		}, "is not the file that was sealed"},
		"recordings exchanged on disk": {func(dir string, m *seal.Whole) {
			for n := range 2 {
				voice := fmt.Appendf(nil, "RIFF%d", 2-n)
				_ = os.WriteFile(filepath.Join(dir, m.Files[n].Path), voice, 0o644)
				m.Files[n].SHA256 = seal.Sum(voice)
			}
		}, "the recording of " + id(1) + " is not the one that its row names"},
		"a format that nobody reads": {func(_ string, m *seal.Whole) { m.Tables[0].Format = "parquet" }, "unknown format"},
		"what never leaves":          {rewrite(id(3)+" blank", id(3)+" confidential"), id(3) + " is confidential, which never leaves"},
		"a row twice":                {rewrite(id(2), id(1)), id(1) + " stands there twice"},
		"no id":                      {rewrite(id(2), "x"), "row 2 has no id"},
		"rows that are none":         {rewrite(id(2)+" counted", "what"), "cannot be read"},
		"a recording without a row":  {rewrite(id(2), id(4)), "the recording of " + id(2) + " has no row"},
	} {
		t.Run(what, func(t *testing.T) {
			s := folder(t, c.change)
			if r := verify(t, s.verification()); r.Holds() || !said(r, seal.Fails, c.want) {
				t.Errorf("%+v\ndoes not say %q", r.Checks, c.want)
			}
		})
	}
}

// rewrite changes the rows before they are sealed.
func rewrite(from, to string) func(string, *seal.Whole) {
	return func(dir string, m *seal.Whole) {
		path := filepath.Join(dir, "rows")
		text, _ := os.ReadFile(path)
		text = bytes.ReplaceAll(text, []byte(from), []byte(to))
		_ = os.WriteFile(path, text, 0o644)
		for i := range m.Files {
			if m.Files[i].Path == "rows" {
				m.Files[i].SHA256 = seal.Sum(text)
			}
		}
	}
}

func TestVerifyWithoutAKey(t *testing.T) {
	s := folder(t, nil)
	text, err := os.ReadFile(filepath.Join(s.dir, seal.ManifestName))
	must(t, err)
	m, err := seal.Parse(text)
	must(t, err)
	for _, name := range []string{"", seal.SignatureSuffix} {
		must(t, os.Remove(filepath.Join(s.dir, seal.ManifestName+name)))
	}
	sum, err := seal.Write(s.dir, m.Made(), nil)
	must(t, err)
	v := s.verification()
	if r := verify(t, v); !r.Holds() || r.Anchored || !said(r, seal.Unknown, "the manifest is not signed") {
		t.Errorf("%+v", r)
	}
	v.Published = sum
	if r := verify(t, v); !r.Holds() || !r.Anchored {
		t.Errorf("%+v", r)
	}
}

// A single file's neighbours are nobody's business.
func TestVerifyAFile(t *testing.T) {
	s := folder(t, nil)
	rows := filepath.Join(s.dir, "rows")
	text, err := os.ReadFile(rows)
	must(t, err)
	m := seal.Manifest{Kind: "export", Rows: 3, Totals: map[string]int{"counted": 2, "blank": 1}, Tables: []seal.Table{{Path: "rows", Format: "plain"}}}
	m.Add(seal.File{Path: "rows", SHA256: seal.Sum(text)})
	var manifest bytes.Buffer
	sum, signature, err := seal.Make(&manifest, m, s.key)
	must(t, err)
	if sum != seal.Sum(manifest.Bytes()) {
		t.Errorf("the hash of\n%s\nis not %s", &manifest, sum)
	}
	must(t, os.WriteFile(rows+seal.ManifestSuffix, manifest.Bytes(), 0o644))
	must(t, os.WriteFile(rows+seal.ManifestSuffix+seal.SignatureSuffix, signature, 0o644))
	v := s.verification()
	for _, path := range []string{rows, rows + seal.ManifestSuffix} {
		v.Path = path
		if r := verify(t, v); !r.Holds() || r.Rows != 3 {
			t.Errorf("%s: %+v", path, r)
		}
	}
	v.Path = s.dir + ".other"
	must(t, os.WriteFile(v.Path, text, 0o644))
	if _, err := seal.Verify(t.Context(), v); !errors.Is(err, seal.ErrNoManifest) {
		t.Errorf("without a manifest: %v", err)
	}
	must(t, os.WriteFile(v.Path+seal.ManifestSuffix, manifest.Bytes(), 0o644))
	if r := verify(t, v); r.Holds() || !said(r, seal.Fails, "bundle.other is not in its manifest") {
		t.Errorf("with another's manifest: %+v", r)
	}
}

func TestVerifyEncrypted(t *testing.T) {
	owner, err := age.GenerateX25519Identity()
	must(t, err)
	stranger, err := age.GenerateX25519Identity()
	must(t, err)
	encrypt := func(dir string, m *seal.Whole) {
		files := m.Files
		m.Files, m.Tables[0].Path, m.Plain = nil, "rows"+seal.EncryptedSuffix, make(map[string]string)
		for _, f := range files {
			text, err := os.ReadFile(filepath.Join(dir, f.Path))
			must(t, err)
			must(t, os.Remove(filepath.Join(dir, f.Path)))
			var cipher bytes.Buffer
			w, err := seal.NewOutlet(&cipher, []age.Recipient{owner.Recipient()})
			must(t, err)
			_, err = w.Write(text)
			must(t, errors.Join(err, w.Close()))
			name := f.Path + seal.EncryptedSuffix
			must(t, os.WriteFile(filepath.Join(dir, name), cipher.Bytes(), 0o644))
			m.Add(seal.File{Path: name, SHA256: w.Sum()})
			m.Plain[name] = w.Inside()
			one := new(seal.Manifest)
			if w.Add(one, name); one.Files.Len() != 1 || one.Plain.Len() != 1 {
				t.Errorf("%s stands there %d times, and what is in it %d times", name, one.Files.Len(), one.Plain.Len())
			}
			if w.Inside() != f.SHA256 || w.Sum() != seal.Sum(cipher.Bytes()) || w.Size() != int64(cipher.Len()) {
				t.Errorf("%s: %s, %s, %d bytes", name, w.Inside(), w.Sum(), w.Size())
			}
		}
	}
	s := folder(t, encrypt)
	v := s.verification()
	if r := verify(t, v); !r.Holds() || r.Rows != 0 || !said(r, seal.Unknown, "3 files are encrypted") || !said(r, seal.Unknown, "rows.age was not counted") {
		t.Errorf("without an identity: %+v", r)
	}
	v.Identities = []age.Identity{stranger, owner}
	if r := verify(t, v); !r.Holds() || r.Rows != 3 || !said(r, seal.Holds, "3 encrypted files hold what was sealed") {
		t.Errorf("with its identity: %+v", r)
	}
	v.Identities = []age.Identity{stranger}
	if _, err := seal.Verify(t.Context(), v); !errors.Is(err, seal.ErrIdentity) {
		t.Errorf("with a stranger's identity: %v", err)
	}

	// Something else was encrypted than the manifest says.
	s = folder(t, func(dir string, m *seal.Whole) {
		encrypt(dir, m)
		m.Plain["rows.age"] = seal.Sum(nil)
	})
	v = s.verification()
	v.Identities = []age.Identity{owner}
	if r := verify(t, v); r.Holds() || !said(r, seal.Fails, "rows.age does not hold what was sealed") {
		t.Errorf("with other contents: %+v", r)
	}
}

func TestRecipients(t *testing.T) {
	one, err := age.GenerateX25519Identity()
	must(t, err)
	quantum, err := age.GenerateHybridIdentity()
	must(t, err)
	if all, err := seal.Recipients([]string{one.Recipient().String(), one.Recipient().String()}); err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
	for _, wrong := range [][]string{
		{"age1"},
		{""},
		{"anna@example.org"},
		{strings.Replace(one.Recipient().String(), "age1", "age2", 1)},
		{one.Recipient().String() + "\n" + one.Recipient().String()},
		{one.Recipient().String(), quantum.Recipient().String()},
		{one.String()},
	} {
		_, err := seal.Recipients(wrong)
		if !errors.Is(err, seal.ErrRecipient) {
			t.Errorf("%q: %v", wrong, err)
		}
		if err != nil && strings.Contains(err.Error(), one.String()[20:]) {
			t.Error("the secret key is repeated")
		}
	}
}
