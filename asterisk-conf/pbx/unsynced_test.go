package pbx

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// What the dialplan wrote is synced once it has not grown between two looks, and again
// only if it grew after that, or if it could not be.
func TestRecordingsAreSyncedOnceTheyDoNotGrow(t *testing.T) {
	dir := t.TempDir()
	at := time.Unix(1763814000, 0)
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	var files unsynced
	var broken error
	look := func(step string, want ...string) {
		t.Helper()
		var synced []string
		now, err := files.look(dir, func(path string) error {
			synced = append(synced, filepath.Base(path))
			return errors.Join(broken, syncContent(path))
		})
		if !errors.Is(err, broken) || !slices.Equal(synced, want) {
			t.Errorf("%s: synced %q, %v; want %q", step, synced, err, want)
		}
		files = now
	}
	write("a.call", "note")
	write("a.wav", "")
	look("new")
	write("a.wav", "some audio")
	look("one grows", "a.call")
	look("it does not any more", "a.wav")
	look("nothing happened")
	write("a.call", "note and number")
	look("the note grows")
	broken = errors.New("the disk does not answer")
	look("a fault", "a.call")
	broken = nil
	look("the fault is over", "a.call")
	if err := os.Remove(filepath.Join(dir, "a.wav")); err != nil {
		t.Fatal(err)
	}
	look("brought in")
	if len(files) != 1 {
		t.Errorf("it still knows %v", files)
	}
	if _, err := files.look(filepath.Join(dir, "nowhere"), syncContent); err == nil {
		t.Error("a folder that is not there can be looked at")
	}
}
