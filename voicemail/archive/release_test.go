package archive

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glennline/petition"
)

func TestReleaseRemovesWhatIsArchived(t *testing.T) {
	for name, file := range map[string][]byte{"linked": recording(800), "repaired": append(killed(recording(800)), 1)} {
		a, spool := openTest(t)
		path := spoolFile(t, spool, "a.wav", file)
		v := keep(t, a, path, testID(1))
		for range 2 { // what is gone is no error
			if err := a.Release(path, v); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if left := files(t, spool); len(left) > 0 {
			t.Errorf("%s: the spool holds %v", name, left)
		}
		if sum(content(t, a.Path(v))) != v.FileSHA256 {
			t.Errorf("%s: the archive was changed", name)
		}
	}
}

// A second copy of what is archived goes, whatever name it has.
func TestReleaseGoesByContent(t *testing.T) {
	a, spool := openTest(t)
	v := keep(t, a, spoolFile(t, spool, "a.wav", recording(800)), testID(1))
	for name, file := range map[string][]byte{"copy": recording(800), "killed": killed(recording(800))} {
		if err := a.Release(spoolFile(t, spool, name, file), v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left := files(t, spool); len(left) != 1 {
		t.Errorf("the spool holds %v", left)
	}
}

func TestReleaseLeavesTheOnlyCopy(t *testing.T) {
	a, spool := openTest(t)
	kept := spoolFile(t, spool, "kept.wav", killed(recording(800)))
	v := keep(t, a, kept, testID(1))
	gone := keep(t, a, spoolFile(t, spool, "gone.wav", recording(900)), testID(2))
	if err := os.Remove(a.Path(gone)); err != nil {
		t.Fatal(err)
	}
	damaged := spoolFile(t, spool, "damaged.wav", killed(recording(700)))
	bad := keep(t, a, damaged, testID(3))
	rot := content(t, a.Path(bad))
	rot[1000]++
	if err := errors.Join(os.Remove(a.Path(bad)), os.WriteFile(a.Path(bad), rot, 0o400)); err != nil {
		t.Fatal(err)
	}
	outside := v
	outside.Path = "../spool/kept.wav"
	tests := []struct {
		name, path string
		voice      petition.Voice
	}{
		{"another recording", spoolFile(t, spool, "other.wav", recording(801)), v},
		{"nothing usable", spoolFile(t, spool, "empty.wav", nil), v},
		{"not in the archive", filepath.Join(spool, "gone.wav"), gone},
		{"damaged in the archive", damaged, bad},
		{"outside of the archive", kept, outside},
		{"a voice without a path", kept, petition.Voice{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := content(t, tt.path)
			err := a.Release(tt.path, tt.voice)
			if !errors.Is(err, ErrNotArchived) || !strings.Contains(err.Error(), tt.path) {
				t.Errorf("%v, want ErrNotArchived", err)
			}
			if !bytes.Equal(content(t, tt.path), before) {
				t.Error("the spool copy was changed")
			}
		})
	}
}

func TestExamineSaysWhatKeepSaid(t *testing.T) {
	a, spool := openTest(t)
	for n, file := range [][]byte{recording(9000), killed(recording(9001))} {
		want := keep(t, a, spoolFile(t, spool, testID(n), file), testID(n))
		want.Repaired = false // it is whole now
		got, err := a.Examine(t.Context(), want.Path)
		if err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
}

func TestExamineNamesWhatIsWrong(t *testing.T) {
	a, spool := openTest(t)
	v := keep(t, a, spoolFile(t, spool, "a.wav", recording(900)), testID(1))
	cut := filepath.Join(filepath.Dir(a.Path(v)), "cut.wav")
	if err := os.WriteFile(cut, recording(900)[:1000], 0o400); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		testFolder + "/cut.wav":       ErrDamaged,
		testFolder + "/none.wav":      fs.ErrNotExist,
		"../spool/a.wav":              fs.ErrInvalid,
		filepath.Join(spool, "a.wav"): fs.ErrInvalid,
	} {
		if _, err := a.Examine(t.Context(), path); !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}
