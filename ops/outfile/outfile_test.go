package outfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glennline/ops/outfile"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

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

func write(t *testing.T, s *outfile.Set, path, text string) {
	t.Helper()
	f, err := s.Create(path)
	must(t, err)
	_, err = f.WriteString(text)
	must(t, err)
}

func TestSet(t *testing.T) {
	dir := t.TempDir()
	rows, proof := filepath.Join(dir, "rows"), filepath.Join(dir, "proof")
	s := outfile.NewSet(false)
	write(t, s, rows, "rows")
	write(t, s, proof, "proof")
	if got := slices.Sorted(func(yield func(string) bool) {
		for name := range tree(t, dir) {
			if !yield(name) {
				return
			}
		}
	}); !slices.Equal(got, []string{".proof.partial", ".rows.partial"}) {
		t.Errorf("on their way: %q", got)
	}
	must(t, s.Commit())
	want := map[string]string{"rows": "rows", "proof": "proof"}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(rows)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}

	// What is there stays.
	s = outfile.NewSet(false)
	if _, err := s.Create(rows); !errors.Is(err, outfile.ErrExists) {
		t.Errorf("an existing target: %v", err)
	}
	if err := s.Clear(proof); !errors.Is(err, outfile.ErrExists) {
		t.Errorf("an existing neighbour: %v", err)
	}
	s.Abort()
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Error(diff)
	}

	// Unless it may be replaced.
	s = outfile.NewSet(true)
	write(t, s, rows, "new")
	must(t, s.Clear(proof))
	if diff := cmp.Diff("rows", tree(t, dir)["rows"]); diff != "" {
		t.Error("replaced before the commit:", diff)
	}
	must(t, s.Commit())
	if diff := cmp.Diff(map[string]string{"rows": "new"}, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestSetAborted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rows")
	must(t, os.WriteFile(path, []byte("old"), 0o600))
	s := outfile.NewSet(true)
	write(t, s, path, "new")
	s.Abort()
	if diff := cmp.Diff(map[string]string{"rows": "old"}, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// A target that comes while a file is written is not replaced.
func TestSetOvertaken(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rows")
	s := outfile.NewSet(false)
	write(t, s, path, "mine")
	must(t, os.WriteFile(path, []byte("another's"), 0o600))
	if err := s.Commit(); !errors.Is(err, outfile.ErrExists) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(map[string]string{"rows": "another's"}, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestTwoAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rows")
	one, two := outfile.NewSet(false), outfile.NewSet(false)
	write(t, one, path, "one")
	if _, err := two.Create(path); !errors.Is(err, outfile.ErrBusy) {
		t.Errorf("error %v", err)
	}
	two.Abort()
	must(t, one.Commit())
	if diff := cmp.Diff(map[string]string{"rows": "one"}, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// What a crash left is taken over, and not added to.
func TestAfterACrash(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rows")
	must(t, os.WriteFile(filepath.Join(dir, ".rows.partial"), []byte("half of something long"), 0o644))
	s := outfile.NewSet(false)
	write(t, s, path, "whole")
	must(t, s.Commit())
	if diff := cmp.Diff(map[string]string{"rows": "whole"}, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestBadTargets(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	must(t, os.Symlink(file, filepath.Join(dir, "link")))
	for path, want := range map[string]error{
		filepath.Join(dir, "no", "rows"):    outfile.ErrTarget,
		filepath.Join(file, "rows"):         outfile.ErrTarget,
		dir:                                 outfile.ErrNotFile,
		os.DevNull:                          outfile.ErrNotFile,
		filepath.Join(dir, "link"):          outfile.ErrNotFile,
		filepath.Join("/proc/self", "rows"): outfile.ErrTarget,
	} {
		s := outfile.NewSet(true)
		if _, err := s.Create(path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
		s.Abort()
	}
	if len(tree(t, dir)) != 2 {
		t.Errorf("%q", tree(t, dir))
	}
}

func never(string) bool  { return false }
func always(string) bool { return true }

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "bundle")
	for _, prepare := range []func(){func() {}, func() { must(t, os.RemoveAll(path)); must(t, os.Mkdir(path, 0o755)) }} {
		prepare()
		f, err := outfile.CreateFolder(path, false, never)
		must(t, err)
		must(t, os.MkdirAll(filepath.Join(f.Path, "voices"), 0o700))
		must(t, os.WriteFile(filepath.Join(f.Path, "voices", "one"), []byte("1"), 0o400))
		must(t, f.Commit())
		f.Abort()
		if diff := cmp.Diff(map[string]string{"bundle/voices/one": "1"}, tree(t, dir)); diff != "" {
			t.Error(diff)
		}
	}
	for _, c := range []struct {
		force bool
		ours  func(string) bool
	}{{false, always}, {true, never}} {
		if _, err := outfile.CreateFolder(path, c.force, c.ours); !errors.Is(err, outfile.ErrExists) {
			t.Errorf("an existing folder: %v", err)
		}
	}

	f, err := outfile.CreateFolder(path, true, always)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(f.Path, "two"), []byte("2"), 0o400))
	if _, err := outfile.CreateFolder(path, true, always); !errors.Is(err, outfile.ErrBusy) {
		t.Errorf("two at once: %v", err)
	}
	must(t, f.Commit())
	if diff := cmp.Diff(map[string]string{"bundle/two": "2"}, tree(t, dir)); diff != "" {
		t.Error(diff)
	}

	f, err = outfile.CreateFolder(path, true, always)
	must(t, err)
	f.Abort()
	if diff := cmp.Diff(map[string]string{"bundle/two": "2"}, tree(t, dir)); diff != "" {
		t.Error(diff)
	}

	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	for path, want := range map[string]error{
		filepath.Join(dir, "file"):         outfile.ErrExists,
		filepath.Join(dir, "no", "bundle"): outfile.ErrTarget,
		"/proc/self/bundle":                outfile.ErrTarget,
	} {
		if _, err := outfile.CreateFolder(path, true, always); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

// A folder that is filled meanwhile is not replaced.
func TestFolderOvertaken(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "bundle")
	f, err := outfile.CreateFolder(path, false, always)
	must(t, err)
	must(t, os.Mkdir(path, 0o755))
	must(t, os.WriteFile(filepath.Join(path, "another's"), nil, 0o600))
	if err := f.Commit(); !errors.Is(err, outfile.ErrExists) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(map[string]string{"bundle/another's": ""}, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}
