package reconcile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glennline/ops/reconcile"
)

// Whatever lies in the spool is named and goes aside as it is; a recording of
// ours is brought in wherever it lies.
func TestThingsInTheSpool(t *testing.T) {
	h := open(t)
	h.cfg.OwnSpool = true
	call := h.open()
	lost := filepath.Join(h.cfg.Spool, "somewhere", "deep", filepath.Base(h.spooled(call)))
	h.write(lost, speech(t))
	h.write(filepath.Join(h.cfg.Spool, "somewhere", "notes.txt"), []byte("something else"))
	day := filepath.Join(h.cfg.Spool, "2026-11-22")
	h.write(filepath.Join(h.dir, "elsewhere", "kept"), []byte("not to be touched"))
	for _, err := range []error{
		os.MkdirAll(filepath.Join(day, "inside.wav"), 0o700),
		os.MkdirAll(filepath.Join(h.cfg.Spool, "fallback", "empty"), 0o700),
		os.Symlink(filepath.Join(h.dir, "elsewhere"), filepath.Join(h.cfg.Spool, "link")),
		os.Symlink("nowhere", filepath.Join(day, "dangling.wav")),
		unix.Mkfifo(filepath.Join(day, "fifo.wav"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	h.cfg.Now = func() time.Time { return time.Now().Add(24 * time.Hour) } // what was made here is old by then
	want := []string{
		"2026-11-22/dangling.wav", "2026-11-22/fifo.wav", "2026-11-22/inside.wav", "fallback/empty",
		"link", "somewhere", "somewhere/deep", "somewhere/notes.txt",
	}
	strays := func(found []reconcile.Finding, done bool) (paths []string) {
		for _, f := range found {
			if f.Kind != reconcile.Stray {
				continue
			}
			path, _ := strings.CutPrefix(f.Path, h.cfg.Spool+"/")
			paths = append(paths, path)
			if _, err := os.Lstat(f.Aside); f.Done != done || done && err != nil {
				t.Errorf("%+v, %v; want done %v", f, err, done)
			}
		}
		slices.Sort(paths)
		return paths
	}
	before := h.state()
	report, found := h.run(h.cfg)
	if got := strays(found, false); !slices.Equal(got, want) || report.Left != len(want)+1 {
		t.Errorf("it names %v and %d are left, want %v and a recording", got, report.Left, want)
	}
	if after := h.state(); withoutWitness(after) != before {
		t.Errorf("without --apply it changes\n%s\ninto\n%s", before, after)
	}
	report, found = h.apply()
	if got := strays(found, true); !slices.Equal(got, want) || report.Left != 0 {
		t.Errorf("it moves %v and leaves %d, want %v moved", got, report.Left, want)
	}
	h.want(call, "message/abandoned", "counted")
	if _, err := os.Stat(filepath.Join(h.dir, "elsewhere", "kept")); err != nil {
		t.Error("it followed a link:", err)
	}
	h.agrees()
}

// A folder from which something could not be taken stays, and is named.
func TestFolderThatIsInUse(t *testing.T) {
	h := open(t)
	h.cfg.OwnSpool = true
	call := h.open()
	h.live[call.UniqueID] = true
	path := filepath.Join(h.cfg.Spool, "somewhere", filepath.Base(h.spooled(call)))
	h.write(path, speech(t))
	h.cfg.Now = func() time.Time { return time.Now().Add(24 * time.Hour) }
	report, found := h.apply()
	if report.Waiting != 1 || report.Left != 1 || !strings.HasPrefix(found[1].Action, "nothing yet") {
		t.Errorf("it finds %+v, want a call that lives and a folder that stays", found)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// In a spool that others use too, folders of theirs are no business of ours.
func TestFoldersOfOthers(t *testing.T) {
	h := open(t)
	for _, folder := range []string{"others/2026-11-22", "2026-11-22/sub"} {
		h.write(filepath.Join(h.cfg.Spool, folder, "hello.wav"), []byte("something else"))
	}
	h.cfg.Now = func() time.Time { return time.Now().Add(24 * time.Hour) }
	_, found := h.apply()
	if len(found) != 2 || !strings.HasSuffix(found[0].Path, "2026-11-22/sub/hello.wav") || !strings.HasSuffix(found[1].Path, "2026-11-22/sub") {
		t.Errorf("it finds %+v, want what lies in the folder of the day alone", found)
	}
}

// Days and the fallback's recordings may lie behind a link: Asterisk follows it.
func TestFolderBehindALink(t *testing.T) {
	h := open(t)
	h.cfg.OwnSpool = true
	call := h.open()
	h.spool(call, speech(t))
	day := filepath.Dir(h.spooled(call))
	if err := os.Rename(day, filepath.Join(h.dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(h.dir, "elsewhere"), day); err != nil {
		t.Fatal(err)
	}
	if report, found := h.apply(); report.Left != 0 || len(found) != 1 {
		t.Errorf("it finds %+v, want the recording alone", found)
	}
	h.want(call, "message/abandoned", "counted")
	h.agrees()
}

// A folder in the place of a recording is no recording.
func TestFolderInTheArchive(t *testing.T) {
	h := open(t)
	call, voice := h.signed()
	h.release(call)
	path := h.store.Path(voice)
	other := filepath.Join(filepath.Dir(path), "01KAPBJ380CXP6AVKEDHMPWS9H.wav")
	for _, err := range []error{os.Remove(path), os.Mkdir(path, 0o700), os.Mkdir(other, 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	report, found := h.apply()
	if report.Counts[reconcile.Damaged] != 1 || report.Counts[reconcile.Stray] != 1 || found[0].Aside == "" {
		t.Errorf("it finds %+v, want one damaged and put aside, and a stray", found)
	}
	h.want(call, "message/caller", "review")
}
