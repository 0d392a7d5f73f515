//go:build heavy

package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"glennline/softphone"
)

// Another program keeps the database locked for a minute, in which one call comes
// after the other: callers hear nothing of it, no row is written or lost, and once
// the lock is gone each message is there once, with the number of its caller nowhere.
func TestDatabaseLockedForAMinute(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	said := speech(t, 5)
	var reports []softphone.Report
	l.locked(t, func() {
		for until := time.Now().Add(time.Minute); time.Now().Before(until); {
			// Each begins elsewhere: none is exactly what another said.
			from := len(reports) * rate / 20
			r := l.phone(t, softphone.Script{Say: said[from:][:2*rate]})
			if r.Ended != softphone.EndedCaller || len(r.Beeps) != 1 || r.Said != 2*rate {
				t.Errorf("a caller heard %d beeps and said %d samples; the call was ended by the %s", len(r.Beeps), r.Said, r.Ended)
			}
			if b := r.Beep().Seconds(); b > 3.5 {
				t.Errorf("the beep ended %.2f s after the answer, want about 2.4", b)
			}
			reports = append(reports, r)
		}
		if rows := l.calls(); len(rows) != 0 {
			t.Errorf("%d calls were written to a locked database", len(rows))
		}
	})
	t.Logf("%d calls in a minute", len(reports))
	for i, r := range reports {
		got := l.want(t, r, "message/caller", "counted")
		if c := recording(t, got, said[i*rate/20:][:2*rate]); c.Correlation < 0.98 {
			t.Errorf("correlation with what was said is %.3f", c.Correlation)
		}
	}
	if n := len(l.calls()); n != len(reports) {
		t.Errorf("%d calls in the ledger, want %d", n, len(reports))
	}
	waitFor(t, "an empty journal", func() bool {
		info, err := os.Stat(filepath.Join(l.dir, "data", "journal", "journal.jsonl"))
		return err != nil || info.Size() == 0
	})
	l.agrees(t)
	l.noNumber(digits...)
}
