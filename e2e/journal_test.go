//go:build e2e

package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"glennline/softphone"
)

// lockDatabase names the environment variable that makes the test binary
// another program, which takes the database that it names for itself.
const lockDatabase = "GLENNLINE_E2E_LOCK"

func init() {
	if path := os.Getenv(lockDatabase); path != "" {
		holdDatabase(path)
	}
}

// holdDatabase says when it has the lock, and keeps it until its standard input
// ends.
func holdDatabase(path string) {
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=10000")
	if err == nil {
		db.SetMaxOpenConns(1)
		_, err = db.ExecContext(context.Background(), `BEGIN EXCLUSIVE`)
	}
	if err == nil {
		fmt.Println("locked")
		_, _ = io.Copy(io.Discard, os.Stdin)
		_, err = db.ExecContext(context.Background(), `ROLLBACK`)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// locked runs while another process has the database for itself.
func (l *line) locked(t *testing.T, while func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), lockDatabase+"="+filepath.Join(l.dir, "data", "glennline.db"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("locked\n"))); err != nil {
		t.Fatal("the other process got no lock:", err)
	}
	while()
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// A database that another program keeps locked is nothing that a caller can
// hear; the signature is there when the lock is gone, once.
func TestCallsWhileTheDatabaseIsLocked(t *testing.T) {
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
