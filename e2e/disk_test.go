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

// smallDisk makes the line's data folder in dir one of 48 MiB, until the test ends.
func smallDisk(t *testing.T, dir string) (data string) {
	t.Helper()
	data = filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=48m,mode=755"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(data, syscall.MNT_DETACH) })
	return data
}

// Without glennline and with a full disk, the dialplan would thank callers for
// what it cannot keep: it refuses them before the answer, and takes calls again
// once there is room.
func TestFallbackRefusesWhereTheDiskIsFull(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	dir := tempDir(t)
	data := smallDisk(t, dir)
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

// A disk that fails is mounted for reading: what is on it can be looked at and
// saved, and nothing claims to have changed it.
func TestDataOnADiskMountedForReading(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	l := up(t, callsConfig)
	l.want(t, l.phone(t, softphone.Script{Say: speech(t, 1.3)}), "message/caller", "counted")
	l.stop()
	data := filepath.Join(l.dir, "data")
	if err := syscall.Mount(data, data, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", data, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(data, syscall.MNT_DETACH) })
	for _, tt := range []struct {
		args      []string
		code      int
		out, errs string
	}{
		{[]string{"list"}, 0, "counted", ""},
		{[]string{"reconcile"}, 3, "1 call answered, 1 signature", "bytes of Asterisk's log could not be brought in, and nothing was changed"},
		{[]string{"reconcile", "--apply"}, 1, "", "cannot be written"},
		{[]string{"backup", "--to", filepath.Join(l.dir, "backup")}, 3, "1 call, 1 signature", "the backup is whole, and could not be noted"},
		{[]string{"restore", "--from", filepath.Join(l.dir, "backup"), "--data", filepath.Join(l.dir, "saved")}, 0, "1 call, 1 signature", ""},
	} {
		out, errs, code := l.run(tt.args...)
		if code != tt.code || !strings.Contains(out, tt.out) || !strings.Contains(errs, tt.errs) {
			t.Errorf("%s: exit %d, want %d with %q and %q\n%s%s", tt.args, code, tt.code, tt.out, tt.errs, out, errs)
		}
	}
}
