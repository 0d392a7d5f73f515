package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"glennline/petition"
	"glennline/voicemail/wav"
)

func keep(tb testing.TB, a *Archive, path, id string) petition.Voice {
	tb.Helper()
	v, err := a.Keep(tb.Context(), path, id, testDay)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func stat(tb testing.TB, path string) fs.FileInfo {
	tb.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		tb.Fatal(err)
	}
	return info
}

func content(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// files lists what is under a folder, but for folders.
func files(tb testing.TB, dir string) (paths []string) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			paths = append(paths, rel)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return paths
}

func TestKeepLinksAWholeRecording(t *testing.T) {
	a, spool := openTest(t)
	file := recording(20000)
	path := spoolFile(t, spool, "whole.wav", file)
	v := keep(t, a, path, testID(1))

	if want := testFolder + "/" + testID(1) + ".wav"; v.Path != want {
		t.Errorf("path %s, want %s", v.Path, want)
	}
	if v.FileSHA256 != sum(file) || v.AudioSHA256 != sum(file[44:]) || v.Repaired {
		t.Errorf("%+v", v)
	}
	audio, err := wav.Read(path)
	if err != nil || v.Measure != wav.Measure(audio.Samples, audio.Rate) || v.Measure.Seconds != 2.5 {
		t.Errorf("measured %+v, %v", v.Measure, err)
	}
	archived := stat(t, a.Path(v))
	if !os.SameFile(archived, stat(t, path)) {
		t.Error("copied, not linked")
	}
	if archived.Mode() != 0o400 {
		t.Errorf("mode %v", archived.Mode())
	}
	if !bytes.Equal(content(t, path), file) {
		t.Error("the spool copy was changed")
	}
	if left := files(t, a.dir); len(left) != 1 {
		t.Errorf("the archive holds %v", left)
	}
}

func TestKeepRepairsACopy(t *testing.T) {
	a, spool := openTest(t)
	whole := recording(20000)
	broken := append(killed(whole), 7) // and cut in the middle of a sample
	path := spoolFile(t, spool, "killed.wav", broken)
	v := keep(t, a, path, testID(1))

	if !v.Repaired || v.FileSHA256 != sum(whole) || v.AudioSHA256 != sum(whole[44:]) {
		t.Errorf("%+v", v)
	}
	if !bytes.Equal(content(t, a.Path(v)), whole) {
		t.Error("not repaired")
	}
	if mode := stat(t, a.Path(v)).Mode(); mode != 0o400 {
		t.Errorf("mode %v", mode)
	}
	if !bytes.Equal(content(t, path), broken) || stat(t, path).Mode() != 0o600 {
		t.Error("the original was touched")
	}
	if left := files(t, a.dir); len(left) != 1 {
		t.Errorf("the archive holds %v", left)
	}
}

func TestKeepTwiceIsKeepOnce(t *testing.T) {
	for name, file := range map[string][]byte{"linked": recording(9000), "repaired": killed(recording(9000))} {
		t.Run(name, func(t *testing.T) {
			a, spool := openTest(t)
			path := spoolFile(t, spool, "a.wav", file)
			first := keep(t, a, path, testID(1))
			before := stat(t, a.Path(first))
			again, err := Open(a.dir, a.quarantine) // as after a restart
			if err != nil {
				t.Fatal(err)
			}
			elsewhere := spoolFile(t, spool, "b.wav", file)
			for _, v := range []petition.Voice{keep(t, a, path, testID(1)), keep(t, again, path, testID(1)), keep(t, again, elsewhere, testID(1))} {
				if v != first {
					t.Errorf("%+v, first %+v", v, first)
				}
			}
			if !os.SameFile(before, stat(t, a.Path(first))) || len(files(t, a.dir)) != 1 {
				t.Error("the archived file was replaced")
			}
		})
	}
}

func TestKeepNeverReplaces(t *testing.T) {
	a, spool := openTest(t)
	first := recording(9000)
	v := keep(t, a, spoolFile(t, spool, "a.wav", first), testID(1))
	for name, file := range map[string][]byte{"linked": recording(8000), "repaired": killed(recording(8000)), "shorter": recording(100)} {
		path := spoolFile(t, spool, name, file)
		_, err := a.Keep(t.Context(), path, testID(1), testDay)
		if !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), a.Path(v)) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(content(t, path), file) {
			t.Errorf("%s: the spool copy was changed", name)
		}
	}
	if !bytes.Equal(content(t, a.Path(v)), first) || len(files(t, a.dir)) != 1 {
		t.Error("the archive was changed")
	}
}

func TestKeepAtOnce(t *testing.T) {
	for name, file := range map[string][]byte{"linked": recording(9000), "repaired": killed(recording(9000))} {
		t.Run(name, func(t *testing.T) {
			a, spool := openTest(t)
			same := spoolFile(t, spool, "same.wav", file)
			var voices [30]petition.Voice
			var all sync.WaitGroup
			for i := range voices {
				id, path := testID(0), same
				if i%2 == 1 {
					id, path = testID(i), spoolFile(t, spool, fmt.Sprint(i, ".wav"), file)
				}
				all.Go(func() {
					v, err := a.Keep(t.Context(), path, id, testDay)
					if err != nil {
						t.Error(err)
					}
					voices[i] = v
				})
			}
			all.Wait()
			for i, v := range voices {
				want := voices[0]
				if i%2 == 1 {
					want.Path = testFolder + "/" + testID(i) + ".wav"
				}
				if v != want {
					t.Errorf("%+v, want %+v", v, want)
				}
			}
			if left := files(t, a.dir); len(left) != 16 {
				t.Errorf("the archive holds %v", left)
			}
		})
	}
}

func TestKeepCopiesWhatCannotBeLinked(t *testing.T) {
	for _, fault := range []error{unix.EXDEV, unix.EPERM, unix.EMLINK} {
		a, spool := openTest(t)
		file := recording(9000)
		path := spoolFile(t, spool, "a.wav", file)
		a.linkOpen = func(f *os.File, to string) error {
			if filepath.Dir(f.Name()) == spool {
				return &os.LinkError{Op: "link", Old: f.Name(), New: to, Err: fault}
			}
			return linkOpen(f, to)
		}
		v := keep(t, a, path, testID(1))
		if v.FileSHA256 != sum(file) || v.Repaired || !bytes.Equal(content(t, a.Path(v)), file) {
			t.Errorf("%v: %+v", fault, v)
		}
		if os.SameFile(stat(t, path), stat(t, a.Path(v))) || stat(t, a.Path(v)).Mode() != 0o400 || len(files(t, a.dir)) != 1 {
			t.Errorf("%v: not a copy", fault)
		}
	}
}

// From another file system it is copied at once: read once, and left as it is.
func TestKeepCopiesFromAnotherFileSystem(t *testing.T) {
	a, spool := openTest(t)
	a.device++
	file := recording(9000)
	path := spoolFile(t, spool, "a.wav", file)
	v := keep(t, a, path, testID(1))
	if v.FileSHA256 != sum(file) || v.Repaired || !bytes.Equal(content(t, a.Path(v)), file) {
		t.Errorf("%+v", v)
	}
	if os.SameFile(stat(t, path), stat(t, a.Path(v))) || stat(t, path).Mode() != 0o600 {
		t.Error("the spool copy was touched")
	}
}
