package archive

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glennline/petition"
	"glennline/voicemail/wav"
)

func TestKeepRefuses(t *testing.T) {
	a, spool := openTest(t)
	whole := spoolFile(t, spool, "whole.wav", recording(800))
	link := filepath.Join(spool, "link.wav")
	if err := os.Symlink(whole, link); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		path string
		id   string
		want error
	}{
		{"none", filepath.Join(spool, "none.wav"), testID(1), fs.ErrNotExist},
		{"no bytes", spoolFile(t, spool, "0.wav", nil), testID(1), wav.ErrEmpty},
		{"a header", spoolFile(t, spool, "44.wav", killed(recording(1)[:44])), testID(1), wav.ErrEmpty},
		{"garbage", spoolFile(t, spool, "garbage.wav", make([]byte, 9000)), testID(1), wav.ErrNotWAV},
		{"a link", link, testID(1), unix.ELOOP},
		{"a folder", spool, testID(1), wav.ErrNotWAV},
		{"a spelling", whole, strings.ToLower(testID(1)), nil},
		{"a way out", whole, "../../../../../../../etc/x", nil},
		{"no ID", whole, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := a.Keep(t.Context(), tt.path, tt.id, testDay)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if tt.want != nil && !strings.Contains(err.Error(), tt.path) {
				t.Errorf("%v does not name %s", err, tt.path)
			}
			if left := files(t, a.dir); len(left) > 0 {
				t.Errorf("the archive holds %v", left)
			}
		})
	}
}

func TestKeepStopsWithItsContext(t *testing.T) {
	a, spool := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, file := range map[string][]byte{"linked": recording(800), "repaired": killed(recording(800))} {
		path := spoolFile(t, spool, name, file)
		if _, err := a.Keep(ctx, path, testID(1), testDay); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left := files(t, a.dir); len(left) > 0 {
		t.Errorf("the archive holds %v", left)
	}
}

// That a file does not exist is said of recordings alone: trouble in the
// archive must not look like a caller who left none.
func TestTroubleInTheArchiveIsNoMissingRecording(t *testing.T) {
	a, spool := openTest(t)
	file := killed(recording(800))
	path := spoolFile(t, spool, "a.wav", file)
	if err := os.Remove(filepath.Join(a.dir, partialFolder)); err != nil {
		t.Fatal(err)
	}
	_, err := a.Keep(t.Context(), path, testID(1), testDay)
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), a.dir) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	if !bytes.Equal(content(t, path), file) {
		t.Error("the spool copy was changed")
	}
}

func TestKeepMakesTheDayAgain(t *testing.T) {
	a, spool := openTest(t)
	keep(t, a, spoolFile(t, spool, "a.wav", recording(800)), testID(1))
	if err := os.RemoveAll(filepath.Join(a.dir, "2026")); err != nil {
		t.Fatal(err)
	}
	v := keep(t, a, spoolFile(t, spool, "b.wav", recording(801)), testID(2))
	if len(content(t, a.Path(v))) == 0 {
		t.Error("empty")
	}
}

func TestKeepRefusesWhatIsBeingWritten(t *testing.T) {
	a, spool := openTest(t)
	a.settle = time.Nanosecond
	path := spoolFile(t, spool, "a.wav", recording(800))
	writer, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if _, err := a.Keep(t.Context(), path, testID(1), testDay); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want ErrBusy", err)
	}
	if left := files(t, a.dir); len(left) > 0 {
		t.Errorf("the archive holds %v", left)
	}
	writer.Close()
	keep(t, a, path, testID(1))
}

// A hang-up is known before Asterisk closed the file: Keep waits for the rest.
func TestKeepWaitsForTheLastSamples(t *testing.T) {
	a, spool := openTest(t)
	a.settle = time.Minute
	file := recording(20000)
	path := spoolFile(t, spool, "a.wav", killed(file)[:10000])
	asterisk, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan petition.Voice)
	go func() {
		defer close(done)
		v, err := a.Keep(t.Context(), path, testID(1), testDay)
		if err != nil {
			t.Error(err)
		}
		done <- v
	}()
	if _, err := asterisk.WriteAt(file[10000:], 10000); err != nil {
		t.Error(err)
	}
	select {
	case v := <-done:
		t.Errorf("archived before the file was closed: %+v", v)
	default:
	}
	if _, err := asterisk.WriteAt(file[:44], 0); err != nil {
		t.Error(err)
	}
	if err := asterisk.Close(); err != nil {
		t.Error(err)
	}
	if v := <-done; v.FileSHA256 != sum(file) || v.Repaired {
		t.Errorf("%+v", v)
	}
}

func TestKeepSeesAChangeWhileItReads(t *testing.T) {
	for name, file := range map[string][]byte{"linked": recording(800), "repaired": killed(recording(800))} {
		a, spool := openTest(t)
		path := spoolFile(t, spool, name, file)
		s, err := a.openSpooled(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := os.WriteFile(path, recording(900), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = a.put(t.Context(), s, filepath.Join(a.dir, testFolder, testID(1)+".wav"))
		if !errors.Is(err, ErrBusy) {
			t.Errorf("%s: %v, want ErrBusy", name, err)
		}
		if left := files(t, a.dir); len(left) > 0 {
			t.Errorf("%s: the archive holds %v", name, left)
		}
	}
}
