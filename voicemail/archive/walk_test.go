package archive

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestWalk(t *testing.T) {
	a, spool := openTest(t)
	path := spoolFile(t, spool, "a.wav", recording(100))
	var want []Entry
	for _, days := range []int{400, 0, 31, 1} { // written in no order
		at := testDay.AddDate(0, 0, days)
		for _, n := range []int{days + 7, days + 3} {
			v, err := a.Keep(t.Context(), path, testID(n), at)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, Entry{v.Path, testID(n)})
		}
	}
	for _, stray := range []string{
		"note.txt", "2026/note.txt", "2026/11/22/" + testID(5) + ".wav.bak", "2026/11/22/x.wav",
		"2026/11/" + testID(5) + ".wav", partialFolder + "/x",
	} {
		spoolFile(t, a.dir, stray, nil)
		if stray != partialFolder+"/x" {
			want = append(want, Entry{Path: stray})
		}
	}
	for _, stray := range []string{"lost+found", "2026/week", "2026/11/22/folder"} {
		if err := os.Mkdir(filepath.Join(a.dir, stray), 0o700); err != nil {
			t.Fatal(err)
		}
		want = append(want, Entry{Path: stray})
	}
	var got []Entry
	if err := a.Walk(t.Context(), func(e Entry) error {
		got = append(got, e)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	byPath := func(a, b Entry) int {
		switch {
		case a.Path < b.Path:
			return -1
		case a.Path > b.Path:
			return 1
		}
		return 0
	}
	slices.SortFunc(want, byPath)
	if !slices.Equal(got, want) {
		t.Errorf("walked\n%v, want\n%v", got, want)
	}
}

func TestWalkStops(t *testing.T) {
	a, spool := openTest(t)
	path := spoolFile(t, spool, "a.wav", recording(100))
	for n := range 5 {
		keep(t, a, path, testID(n))
	}
	enough := errors.New("enough")
	seen := 0
	if err := a.Walk(t.Context(), func(Entry) error { seen++; return enough }); !errors.Is(err, enough) || seen != 1 {
		t.Error(seen, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen = 0
	if err := a.Walk(ctx, func(Entry) error { seen++; cancel(); return nil }); !errors.Is(err, context.Canceled) || seen != 1 {
		t.Error(seen, err)
	}
	// An archive that is not there must not look like an empty one.
	if err := os.Rename(a.dir, a.dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := a.Walk(t.Context(), func(Entry) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestOpenMakesPrivateFolders(t *testing.T) {
	root := t.TempDir()
	a, err := Open(filepath.Join(root, "data", "archive"), filepath.Join(root, "data", "quarantine"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{a.dir, a.quarantine, filepath.Dir(a.dir), filepath.Join(a.dir, partialFolder)} {
		if info := stat(t, folder); !info.IsDir() || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v", folder, info.Mode())
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	root := t.TempDir()
	file := spoolFile(t, root, "file", nil)
	for _, folders := range [][2]string{{"", root}, {root, ""}, {root, root}, {root, root + "/."}, {file, root}, {filepath.Join(file, "a"), root}} {
		if a, err := Open(folders[0], folders[1]); err == nil {
			t.Errorf("%v: opened as %v", folders, a)
		}
	}
}

func TestOpenClearsOldCopiesAway(t *testing.T) {
	a, _ := openTest(t)
	for _, folder := range []string{a.dir, a.quarantine} {
		old := spoolFile(t, filepath.Join(folder, partialFolder), "old", nil)
		spoolFile(t, filepath.Join(folder, partialFolder), "new", nil)
		long := time.Now().Add(-2 * partialAge)
		if err := os.Chtimes(old, long, long); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(a.dir, a.quarantine); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{a.dir, a.quarantine} {
		if left := files(t, folder); !slices.Equal(left, []string{partialFolder + "/new"}) {
			t.Errorf("%s holds %v", folder, left)
		}
	}
}

// A sync that is over is over: who asks later gets one of its own.
func TestFolderIsSyncedAgain(t *testing.T) {
	dir := t.TempDir()
	var f folder
	for range 2 {
		if err := f.sync(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := f.sync(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v: not synced", err)
	}
}
