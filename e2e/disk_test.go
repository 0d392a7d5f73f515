//go:build heavy

package e2e

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/softphone"
)

// Without glennline and with a full disk, the dialplan would thank callers for
// what it cannot keep: it refuses them before the answer, and takes calls again
// once there is room.
func TestFallbackRefusesWhereTheDiskIsFull(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	dir := tempDir(t)
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=48m,mode=755"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(data, syscall.MNT_DETACH) })
	l := upIn(t, dir, lineCalls, "admission: {min_free_mib: 1}\n"+callsConfig)
	first := l.phone(t, softphone.Script{Say: speech(t, 1.1)})
	l.want(t, first, "message/caller", "counted")
	l.kill()

	room := fill(t, filepath.Join(data, "filler"))
	for range 2 {
		r := l.phone(t, softphone.Script{HangupAt: softphone.AfterBeep, AnswerWithin: 20 * time.Second})
		if r.Ended != softphone.EndedRefused || r.Status != 503 || r.AnswerTime != 0 {
			t.Errorf("with a full disk the call ended %q with %d (answered after %v), want refused with 503", r.Ended, r.Status, r.AnswerTime)
		}
	}
	room()
	said := speech(t, 3)
	after := l.phone(t, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond})

	l.start()
	got := l.want(t, after, "message/fallback", "counted")
	if c := recording(t, got, said); c.Correlation < 0.98 {
		t.Errorf("correlation with what was said is %.3f", c.Correlation)
	}
	waitFor(t, "the refused calls' rows", func() bool {
		refused := 0
		for _, r := range l.calls() {
			if r.ending() == "refused/no_room" && r.Status == "" {
				refused++
			}
		}
		return refused == 2
	})
	out, errs, code := l.run("reconcile")
	if code != 0 || !strings.Contains(out, "all agree") {
		t.Errorf("reconcile: exit %d\n%s%s", code, out, errs)
	}
	l.noNumber(digits...)
}

// fill takes every byte that is left on the file system. What it returns gives
// them back.
func fill(t *testing.T, path string) (room func()) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if rest, err := os.Create(path + ".more"); err == nil {
		if n, err := io.WriteString(rest, "x"); err == nil {
			t.Fatalf("the disk is not full: %d bytes written", n)
		}
		_ = rest.Close()
	}
	return func() {
		_ = os.Remove(path + ".more")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
