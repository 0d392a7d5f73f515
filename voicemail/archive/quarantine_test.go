package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func readNote(tb testing.TB, path string) (n Note) {
	tb.Helper()
	if err := json.Unmarshal(content(tb, path+".json"), &n); err != nil {
		tb.Fatal(err)
	}
	return n
}

func TestQuarantineMovesAside(t *testing.T) {
	for name, link := range map[string]func(*os.File, string) error{
		"linked": linkOpen,
		"copied": func(f *os.File, to string) error {
			if filepath.Base(filepath.Dir(f.Name())) == "spool" {
				return &os.LinkError{Op: "link", Old: f.Name(), New: to, Err: unix.EXDEV}
			}
			return linkOpen(f, to)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, spool := openTest(t)
			a.linkOpen = link
			// Files of one name from different folders all find a place.
			for n, want := range []string{"a.wav", "a-2.wav", "a-3.wav"} {
				file := bytes.Repeat([]byte{byte(n)}, 100*n)
				path := spoolFile(t, spool, "a.wav", file)
				moved, err := a.Quarantine(path, "unreadable")
				if err != nil {
					t.Fatal(err)
				}
				if moved != filepath.Join(a.quarantine, want) || !bytes.Equal(content(t, moved), file) {
					t.Errorf("moved to %s", moved)
				}
				if n := readNote(t, moved); n.From != path || n.Reason != "unreadable" || n.At.IsZero() {
					t.Errorf("note %+v", n)
				}
			}
			if left := files(t, spool); len(left) > 0 {
				t.Errorf("the spool holds %v", left)
			}
			if there := files(t, a.quarantine); len(there) != 6 {
				t.Errorf("the quarantine holds %v", there)
			}
		})
	}
}

// A move that was stopped after the link, or after the note, is completed.
func TestQuarantineCompletesWhatWasStopped(t *testing.T) {
	for _, noted := range []bool{false, true} {
		a, spool := openTest(t)
		path := spoolFile(t, spool, "a.wav", []byte("no audio"))
		to := filepath.Join(a.quarantine, "a.wav")
		if err := os.Link(path, to); err != nil {
			t.Fatal(err)
		}
		if noted {
			if err := a.note(to+".json", Note{From: path, Reason: "the first"}); err != nil {
				t.Fatal(err)
			}
		}
		moved, err := a.Quarantine(path, "the second")
		if err != nil || moved != to {
			t.Fatal(moved, err)
		}
		if n := readNote(t, to); (n.Reason == "the first") != noted {
			t.Errorf("note %+v", n)
		}
		if len(files(t, spool)) != 0 || len(files(t, a.quarantine)) != 2 {
			t.Errorf("left in the spool %v, in quarantine %v", files(t, spool), files(t, a.quarantine))
		}
	}
}

func TestQuarantineLeavesWhatItCannotMove(t *testing.T) {
	a, spool := openTest(t)
	if _, err := a.Quarantine(filepath.Join(spool, "none.wav"), "empty"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	path := spoolFile(t, spool, "a.wav", []byte("no audio"))
	a.linkOpen = func(f *os.File, to string) error {
		return &os.LinkError{Op: "link", Old: f.Name(), New: to, Err: unix.ENOSPC}
	}
	if _, err := a.Quarantine(path, "unreadable"); !errors.Is(err, unix.ENOSPC) {
		t.Error(err)
	}
	if string(content(t, path)) != "no audio" {
		t.Error("the file was changed")
	}
	if there := files(t, a.quarantine); len(there) > 0 {
		t.Errorf("the quarantine holds %v", there)
	}
}
