//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glennline/softphone"
)

// A database that another program keeps locked is nothing that a caller can
// hear; the signature is there when the lock is gone, once.
func TestCallsWhileTheDatabaseIsLocked(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	said := speech(t, 3)
	journal := filepath.Join(l.dir, "data", "journal", "journal.jsonl")
	var reports []softphone.Report
	l.locked(t, func() {
		for range 2 {
			r := l.phone(t, softphone.Script{From: callerNumber, Say: said})
			if r.Ended != softphone.EndedCaller {
				t.Errorf("the call was ended by the %s, want by the caller", r.Ended)
			}
			if b := r.Beep().Seconds(); b < 2.2 || b > 3.5 {
				t.Errorf("the beep ended %.2f s after the answer, want about 2.4", b)
			}
			if r.Stream.Lost != 0 {
				t.Errorf("the caller lost %d packets of the prompts", r.Stream.Lost)
			}
			reports = append(reports, r)
		}
		waitFor(t, "both endings in the journal", func() bool {
			text, err := os.ReadFile(journal)
			return err == nil && strings.Count(string(text), `"settle"`) == 2
		})
		if rows := l.calls(); len(rows) != 0 {
			t.Errorf("%d calls were written to a locked database", len(rows))
		}
	})
	for i, r := range reports {
		status := "counted"
		if i > 0 {
			status = "duplicate" // the same caller
		}
		got := l.want(t, r, "message/caller", status)
		if c := recording(t, got, said); c.Correlation < 0.98 {
			t.Errorf("correlation with what was said is %.3f", c.Correlation)
		}
	}
	waitFor(t, "an empty journal", func() bool {
		info, err := os.Stat(journal)
		return err == nil && info.Size() == 0
	})
	if rows := l.calls(); len(rows) != 2 {
		t.Errorf("%d calls, want 2", len(rows))
	}
	l.noNumber(digits...)
}

// A service that starts while the database is locked answers all the same.
func TestStartsWhileTheDatabaseIsLocked(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	l.stop()
	said := speech(t, 1)
	var report softphone.Report
	l.locked(t, func() {
		l.start()
		report = l.phone(t, softphone.Script{Say: said})
	})
	l.want(t, report, "message/caller", "counted")
}
