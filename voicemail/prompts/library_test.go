package prompts_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zaf/g711"
	"go.uber.org/zap/zaptest"

	"glennline/voicemail/prompts"
	"glennline/voicemail/wav"
)

func open(t *testing.T, cache string, lines ...prompts.LineSource) *prompts.Library {
	t.Helper()
	l, err := prompts.Open(prompts.Config{Lines: lines, Cache: cache, Log: zaptest.NewLogger(t)})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func raw(t *testing.T, path string) []byte {
	t.Helper()
	audio, err := wav.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for _, s := range audio.Samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

func TestOpen(t *testing.T) {
	cache, dir := filepath.Join(t.TempDir(), "data", "prompts"), folder(t)
	l := open(t, cache,
		prompts.LineSource{Name: "main", Language: "fr-BE"},
		prompts.LineSource{Name: "own", Language: "it", Dir: dir})

	for name, from := range map[string]string{"main": "placeholder/fr", "own": dir} {
		set := l.Set(name)
		var heard []byte
		for _, p := range fiveNames[:4] {
			heard = append(heard, raw(t, filepath.Join(from, p+".wav"))...)
		}
		sum, busy := sha256.Sum256(heard), sha256.Sum256(raw(t, filepath.Join(from, "busy.wav")))
		version := hex.EncodeToString(sum[:])[:12]
		at := filepath.Join(cache, version)
		want := prompts.Set{
			Version: version, Language: map[string]string{"main": "fr-BE", "own": "it"}[name],
			Name: at + "/name", Notice: at + "/notice", Beep: at + "/beep", Again: at + "/again",
			Busy:       cache + "/busy-" + hex.EncodeToString(busy[:])[:12],
			NameLength: set.NameLength, NoticeLength: set.NoticeLength, BusyLength: set.BusyLength, // compared below
		}
		if diff := cmp.Diff(want, set); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for i, media := range []string{set.Name, set.Notice, set.Beep, set.Again, set.Busy} {
			pcm := raw(t, filepath.Join(from, fiveNames[i]+".wav"))
			alaw, err := os.ReadFile(media + ".alaw")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(alaw, g711.EncodeAlaw(pcm)) {
				t.Errorf("%s: %s.alaw is not %s.wav in A-law", name, media, fiveNames[i])
			}
			length, told := map[string]time.Duration{"name": set.NameLength, "notice": set.NoticeLength, "busy": set.BusyLength}[fiveNames[i]]
			if want := time.Duration(len(alaw)) * time.Second / rate; told && length != want {
				t.Errorf("%s: %s lasts %s, want %s", name, fiveNames[i], length, want)
			}
		}
	}
	if unknown := l.Set("other"); unknown != (prompts.Set{}) {
		t.Errorf("a line that is not there has prompts: %+v", unknown)
	}
}

// Asterisk may run as another user, and glennline under any umask.
func TestCacheIsReadable(t *testing.T) {
	old := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(old) })
	cache := filepath.Join(t.TempDir(), "prompts")
	open(t, cache, prompts.LineSource{Name: "main", Language: "nl"})
	files := 0
	err := filepath.WalkDir(cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o644)
		if d.IsDir() {
			want = 0o755
		} else {
			files++
			if filepath.Ext(path) != ".alaw" {
				t.Errorf("left behind: %s", path)
			}
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s: %s, want %s", path, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil || files != 5 {
		t.Errorf("%d files, want 5 (%v)", files, err)
	}
}

// A cache that a power failure damaged is made good at the next start, and
// what is good is not written again.
func TestOpenRepairsCache(t *testing.T) {
	cache, line := t.TempDir(), prompts.LineSource{Name: "main", Language: "en"}
	set := open(t, cache, line).Set("main")
	want, err := os.ReadFile(set.Notice + ".alaw")
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.Stat(set.Name + ".alaw")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(set.Notice+".alaw", 100); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(set.Busy + ".alaw"); err != nil {
		t.Fatal(err)
	}
	if again := open(t, cache, line).Set("main"); again != set {
		t.Errorf("the same prompts are another set: %+v, before %+v", again, set)
	}
	if got, err := os.ReadFile(set.Notice + ".alaw"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the notice stayed damaged: %d bytes of %d (%v)", len(got), len(want), err)
	}
	if _, err := os.Stat(set.Busy + ".alaw"); err != nil {
		t.Error(err)
	}
	if same, err := os.Stat(set.Name + ".alaw"); err != nil || !os.SameFile(good, same) {
		t.Errorf("a good file was written again (%v)", err)
	}
}

func TestOpenNamesEveryFault(t *testing.T) {
	dir, cache := folder(t), filepath.Join(t.TempDir(), "prompts")
	write(t, filepath.Join(dir, "notice.wav"), make([]int16, rate))
	if err := os.Remove(filepath.Join(dir, "beep.wav")); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(dir, "gone")
	_, err := prompts.Open(prompts.Config{Cache: cache, Log: zaptest.NewLogger(t), Lines: []prompts.LineSource{
		{Name: "bad", Language: "fr", Dir: dir},
		{Name: "gone", Language: "fr", Dir: gone},
		{Name: "file", Language: "fr", Dir: filepath.Join(dir, "name.wav")},
		{Name: "it", Language: "it"},
		{Name: "it", Language: "fr"},
	}})
	want := strings.Join([]string{
		"line bad: " + dir + "/notice.wav: -96.0 dBFS, wanted from -35 to -6: not at a level that can be listened to: bring it near -20 dBFS with sox IN.wav OUT.wav gain DB",
		"line bad: " + dir + "/beep.wav: missing: put a WAV file of 8 kHz, 16 bit, one channel there",
		"line gone: " + gone + ": missing: make this folder and put name.wav, notice.wav, beep.wav, again.wav and busy.wav there",
		"line file: " + dir + "/name.wav: no folder: missing: name the folder with name.wav, notice.wav, beep.wav, again.wav and busy.wav",
		`line it: no placeholder prompts in "it": give the line a folder of prompts or one of the languages de, en, fr, nl`,
		"line it is there twice: give each line a name of its own",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	if !errors.Is(err, prompts.ErrLevel) || !errors.Is(err, prompts.ErrMissing) {
		t.Error("the sentinels are not in the error")
	}
}

func TestCheckOfALine(t *testing.T) {
	dir := folder(t)
	if reports, err := (prompts.LineSource{Name: "main", Dir: dir}).Check(); err != nil || len(reports) != 5 {
		t.Errorf("%d reports, %v; want 5 and no error", len(reports), err)
	}
	if err := os.Remove(filepath.Join(dir, "busy.wav")); err != nil {
		t.Fatal(err)
	}
	reports, err := prompts.LineSource{Name: "main", Dir: dir}.Check()
	if !errors.Is(err, prompts.ErrMissing) || len(reports) != 4 {
		t.Errorf("%d reports, %v; want 4 and one missing", len(reports), err)
	}
	if reports, err := (prompts.LineSource{Name: "main", Language: "en"}).Check(); err != nil || len(reports) != 5 {
		t.Errorf("placeholders: %d reports, %v", len(reports), err)
	}
}
