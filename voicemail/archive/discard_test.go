package archive

import (
	"errors"
	"io/fs"
	"testing"
)

func TestDiscardRemovesOnlyWhatHoldsNoAudio(t *testing.T) {
	a, spool := openTest(t)
	if err := a.Discard(spoolFile(t, spool, "empty.wav", recording(800)[:44])); err != nil {
		t.Error(err)
	}
	if left := files(t, spool); len(left) > 0 {
		t.Errorf("the spool holds %v", left)
	}
	if err := a.Discard(spool + "/empty.wav"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a file that is not there: %v", err)
	}
	for name, file := range map[string][]byte{
		"one sample": recording(1), "killed": killed(recording(800)), "no WAV": []byte("something else, whatever it may be: not ours to remove"),
	} {
		if err := a.Discard(spoolFile(t, spool, name+".wav", file)); !errors.Is(err, ErrAudio) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left := files(t, spool); len(left) != 3 {
		t.Errorf("the spool holds %v", left)
	}
}
