//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glennline/softphone"
)

// A backup is made while somebody speaks and brought back; then the database is
// lost, and made anew from what there is.
func TestBackupAndRebuild(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	said := speech(t, 2)
	first := l.phone(t, softphone.Script{Say: said})
	l.want(t, first, "message/caller", "counted")
	backup := filepath.Join(l.dir, "backup")
	var second softphone.Report
	speaking := make(chan struct{})
	go func() {
		defer close(speaking)
		second = l.phone(t, softphone.Script{Say: speech(t, 4)[2*rate:]})
	}()
	waitFor(t, "the second call's row", func() bool { return len(l.calls()) == 2 })
	if out, errs, code := l.run("backup", "--to", backup); code != 0 || !strings.Contains(out, "2 calls, 1 signature;") {
		t.Errorf("backup: exit %d: %s%s", code, out, errs)
	}
	<-speaking
	l.want(t, second, "message/caller", "counted")
	if out, errs, code := l.run("backup", "--to", backup); code != 0 || !strings.Contains(out, "2 calls, 2 signatures") {
		t.Errorf("backup: exit %d: %s%s", code, out, errs)
	}
	before := l.calls()
	l.stop()

	elsewhere := filepath.Join(l.dir, "restored")
	if out, errs, code := l.run("restore", "--from", backup, "--data", elsewhere); code != 0 {
		t.Errorf("restore: exit %d: %s%s", code, out, errs)
	}
	out, errs, code := l.run("list", "--json", "--data", elsewhere)
	if code != 0 || strings.Count(out, `"status":"counted"`) != 2 {
		t.Errorf("list of what was restored: exit %d: %s%s", code, out, errs)
	}

	database := filepath.Join(l.dir, "data", "glennline.db")
	if err := os.Truncate(database, 10_000); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := l.run("up"); code != 1 || !strings.Contains(errs, "glennline rebuild --data") {
		t.Errorf("up on a cut database: exit %d: %s", code, errs)
	}
	if out, errs, code := l.run("rebuild", "--apply"); code != 0 || !strings.Contains(out, "2 calls, 0 signatures counted, 2 to review") {
		t.Errorf("rebuild: exit %d: %s%s", code, out, errs)
	}
	l.start()
	after := l.ended(2)
	for i, r := range after {
		if r.ID != before[i].ID || r.WAV != before[i].WAV || r.Status != "review" || !r.StartedAt.Truncate(1e9).Equal(before[i].StartedAt.Truncate(1e9)) {
			t.Errorf("rebuilt as %+v, was %+v", r, before[i])
		}
	}
	l.want(t, l.phone(t, softphone.Script{Say: speech(t, 6)[5*rate:]}), "message/caller", "counted")
	if out, errs, code := l.run("reconcile"); code != 0 {
		t.Errorf("reconcile: exit %d: %s%s", code, out, errs)
	}
	l.noNumber(digits...)
}
