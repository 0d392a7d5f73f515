package archive_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"glennline/voicemail/archive"
)

// What is no file keeps what is in it, and takes no other's name.
func TestAside(t *testing.T) {
	dir := t.TempDir()
	store, err := archive.Open(filepath.Join(dir, "archive"), filepath.Join(dir, "quarantine"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 2 {
		folder := filepath.Join(dir, "thing")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "inside"), []byte("kept"), 0o600); err != nil {
			t.Fatal(err)
		}
		path, err := store.Aside(folder, "stray")
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := os.ReadFile(filepath.Join(path, "inside")); err != nil || string(raw) != "kept" {
			t.Errorf("in %s is %q, %v", path, raw, err)
		}
		var note archive.Note
		raw, err := os.ReadFile(path + ".json")
		if err == nil {
			err = json.Unmarshal(raw, &note)
		}
		if err != nil || note.From != folder || note.Reason != "stray" || note.At.IsZero() {
			t.Errorf("its note is %+v, %v", note, err)
		}
		got = append(got, filepath.Base(path))
	}
	if got[0] != "thing" || got[1] != "thing-2" {
		t.Errorf("they are called %q", got)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	path, err := store.Aside(link, "stray")
	if err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(path); err != nil || to != "nowhere" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if _, err := store.Aside(filepath.Join(dir, "gone"), "stray"); err == nil {
		t.Error("what is not there was moved")
	}
}

// From another file system an empty folder and a link come; anything else stays.
func TestRemake(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.Mkdir(at("empty"), 0o700), os.Symlink("nowhere", at("link")),
		os.MkdirAll(at("full/inside"), 0o700), unix.Mkfifo(at("fifo"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, comes := range map[string]bool{"empty": true, "link": true, "full": false, "fifo": false} {
		info, err := os.Lstat(at(name))
		if err != nil {
			t.Fatal(err)
		}
		err = archive.Remake(at(name), at(name+".new"), info)
		_, there := os.Lstat(at(name + ".new"))
		_, left := os.Lstat(at(name))
		if (err == nil) != comes || (there == nil) != comes || (left == nil) == comes {
			t.Errorf("%s: %v; at its new place %v, at its old one %v", name, err, there, left)
		}
	}
}
