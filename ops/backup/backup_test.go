package backup_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3"

	"glennline/ops/backup"
	"glennline/ops/datadir"
	"glennline/ops/reconcile"
	"glennline/petition"
	"glennline/petition/audit"
	"glennline/petition/sqlite"
)

// Calls that come while it is made delay nothing and spoil nothing: each backup
// is of one moment, and nothing is missing in it.
func TestWhileCallsRun(t *testing.T) {
	l := use(t)
	l.takes(0, 20)
	to := filepath.Join(t.TempDir(), "backup")
	ctx, stop := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for part := range 4 {
		callers.Go(func() {
			for n := 100 + part; n < 600 && ctx.Err() == nil; n += 4 {
				if err := l.take(context.WithoutCancel(ctx), n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	last := 0
	for range 5 {
		r := l.backUp(to)
		if r.Left() || r.Signatures < last || r.Signatures < 20 {
			t.Errorf("report %+v after %d signatures", r, last)
		}
		last = r.Signatures
		back, err := restoreInto(t, to, filepath.Join(t.TempDir(), "data"))
		must(t, err)
		// A call that had begun and not ended is an open row, and a recording that
		// came meanwhile is there without its ending; nothing else is amiss.
		for kind, n := range back.Findings {
			if n > 0 && kind != reconcile.Abandoned && kind != reconcile.Unclaimed && kind != reconcile.Orphan {
				t.Errorf("%d %s in the restored folder", n, kind)
			}
		}
		if n := back.Findings[reconcile.Unclaimed] + back.Findings[reconcile.Orphan]; n != r.InProgress {
			t.Errorf("%d recordings without their ending in the restored folder, and the backup said %d", n, r.InProgress)
		}
	}
	stop()
	callers.Wait()
	r := l.backUp(to)
	if r.Left() || r.InProgress != 0 || r.Signatures < last {
		t.Errorf("report %+v", r)
	}
	restored(t, to, r.Signatures)
}

// A voice that no row knows is a voice all the same.
func TestRecordingsWithoutARow(t *testing.T) {
	l := use(t)
	l.takes(0, 2)
	_, err := l.record(t.Context(), 7)
	must(t, err)
	to := filepath.Join(t.TempDir(), "backup")
	if r := l.backUp(to); r.InProgress != 1 || r.Unclaimed != 0 || !exists(filepath.Join(to, l.wav(7))) {
		t.Errorf("just archived: %+v", r)
	}
	backup.Lately(t, -time.Hour)
	if r := l.backUp(to); r.InProgress != 0 || r.Unclaimed != 1 || r.Copied != 0 {
		t.Errorf("an hour later: %+v", r)
	}
	back := filepath.Join(t.TempDir(), "data")
	if got, err := restoreInto(t, to, back); err != nil || got.Findings[reconcile.Orphan] != 1 || !exists(filepath.Join(back, l.wav(7))) {
		t.Errorf("restored: %+v, %v", got, err)
	}
}

func TestOnlyWhatIsNew(t *testing.T) {
	l := use(t)
	l.takes(0, 3)
	to := filepath.Join(t.TempDir(), "backup")
	first := l.backUp(to)
	if first.Copied != 4 || first.Signatures != 3 || first.Completed || first.Files != 5 || first.SecretID != l.secret.ID {
		t.Errorf("the first: %+v", first)
	}
	before := tree(t, to)
	if again := l.backUp(to); again.Copied != 0 || again.Files != first.Files {
		t.Errorf("again: %+v", again)
	}
	l.takes(3, 5)
	now := l.backUp(to)
	if now.Copied != 2 || now.Signatures != 5 || now.Files != first.Files+2 {
		t.Errorf("with two calls more: %+v", now)
	}
	after := tree(t, to)
	for _, name := range names(before, "archive/") {
		if before[name] != after[name] {
			t.Errorf("%s was changed", name)
		}
	}
	if n := len(names(after, "state/")); n != 2 {
		t.Errorf("%d files in state/, want the database and the list: %v", n, names(after, "state/"))
	}
	restored(t, to, 5)
	sums(t, to, now.State)
}

// sums lets sha256sum judge the list.
func sums(t *testing.T, to, state string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sha256sum", "--quiet", "-c", filepath.Join(state, "files.sha256"))
	cmd.Dir = to
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("sha256sum -c: %s (%v)", out, err)
	}
}

func TestTheSecretIsNeverInside(t *testing.T) {
	l := use(t)
	l.takes(0, 2)
	key, err := os.ReadFile(l.dir.Secret())
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(l.dir.Asterisk(), "etc"), 0o700))
	must(t, os.WriteFile(filepath.Join(l.dir.Asterisk(), "etc", "ari.conf"), []byte("password"), 0o600))
	to := filepath.Join(t.TempDir(), "backup")
	l.backUp(to)
	for name, text := range tree(t, to) {
		if strings.Contains(text, strings.TrimSpace(string(key))) || strings.Contains(text, "password") || filepath.Base(name) == "secret" {
			t.Errorf("%s holds a secret", name)
		}
		if info, err := os.Stat(filepath.Join(to, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others (%v)", name, err)
		}
	}
}

// Wherever a run is stopped, the backup before is whole, and the next run
// completes it.
func TestInterrupted(t *testing.T) {
	l := use(t)
	l.takes(0, 3)
	to := filepath.Join(t.TempDir(), "backup")
	interrupted := func(at int) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		cfg := l.config(to)
		cfg.Progress = func(done int) {
			if done == at {
				cancel()
			}
		}
		if _, err := backup.Run(ctx, cfg); !errors.Is(err, context.Canceled) {
			t.Fatalf("Run = %v, want context.Canceled", err)
		}
	}
	interrupted(2)
	if _, err := restoreInto(t, to, filepath.Join(t.TempDir(), "data")); !errors.Is(err, backup.ErrIncomplete) {
		t.Errorf("restore of half a backup: %v, want ErrIncomplete", err)
	}
	// What was on its way to the disk is cut; it is copied again.
	cut := filepath.Join(to, l.wav(0))
	must(t, os.Chmod(cut, 0o600))
	must(t, os.Truncate(cut, 100))
	if r := l.backUp(to); !r.Completed || r.Signatures != 3 || r.Left() {
		t.Errorf("the next: %+v", r)
	}
	restored(t, to, 3)
	for at := 1; at <= 4; at++ {
		l.takes(3+at, 4+at)
		interrupted(at)
		restored(t, to, 3) // of the backup before
	}
	r := l.backUp(to)
	if !r.Completed || r.Signatures != 7 || r.Copied > 4 {
		t.Errorf("the last: %+v", r)
	}
	restored(t, to, 7)
	sums(t, to, r.State)
}

func TestWhatIsWrongHere(t *testing.T) {
	l := use(t)
	l.takes(0, 3)
	to := filepath.Join(t.TempDir(), "backup")
	l.backUp(to)
	l.takes(3, 5)
	must(t, os.Remove(filepath.Join(string(l.dir), l.wav(1)))) // in the backup
	must(t, os.Remove(filepath.Join(string(l.dir), l.wav(3)))) // not in it
	spoil(t, filepath.Join(string(l.dir), l.wav(4)))
	must(t, os.Symlink("/etc/passwd", filepath.Join(l.dir.Quarantine(), "link")))
	r := l.backUp(to)
	if diff := cmp.Diff([]string{l.wav(1), l.wav(3)}, r.Missing); diff != "" {
		t.Errorf("missing: %s", diff)
	}
	if diff := cmp.Diff([]string{l.wav(4)}, r.Damaged); diff != "" {
		t.Errorf("damaged: %s", diff)
	}
	if diff := cmp.Diff([]string{"quarantine/link"}, r.LeftOut); diff != "" || !r.Left() {
		t.Errorf("left out: %s", diff)
	}
	to2 := filepath.Join(t.TempDir(), "data")
	back, err := restoreInto(t, to, to2)
	must(t, err)
	if back.Findings["missing"] != 1 || !exists(filepath.Join(to2, l.wav(1))) {
		t.Errorf("what the backup had was not brought back: %+v", back)
	}
	sums(t, to, r.State)
}

func spoil(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	text[len(text)-1] ^= 1
	must(t, os.Chmod(path, 0o600))
	must(t, os.WriteFile(path, text, 0o600))
}

func TestRefused(t *testing.T) {
	l := use(t)
	l.takes(0, 2)
	to := t.TempDir()
	l.backUp(to)
	other := use(t)
	other.takes(0, 1)
	foreign := t.TempDir()
	must(t, os.WriteFile(filepath.Join(foreign, "thesis.txt"), []byte("years of work"), 0o600))
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(string(l.dir), link))
	tests := map[string]struct {
		line *line
		to   string
		want error
	}{
		"inside the data":             {l, filepath.Join(string(l.dir), "backup"), backup.ErrOverlap},
		"inside the data, by a link":  {l, filepath.Join(link, "backup"), backup.ErrOverlap},
		"around the data":             {l, filepath.Dir(string(l.dir)), backup.ErrOverlap},
		"a folder of somebody else's": {l, foreign, backup.ErrForeign},
		"the backup of other data":    {other, to, backup.ErrFewer},
		"a file":                      {l, filepath.Join(foreign, "thesis.txt"), backup.ErrForeign},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := tree(t, to)
			_, err := backup.Run(t.Context(), tt.line.config(tt.to))
			if !errors.Is(err, tt.want) {
				t.Errorf("Run = %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(before, tree(t, to)); diff != "" {
				t.Errorf("it changed the backup: %s", diff)
			}
		})
	}
	if exists(filepath.Join(string(l.dir), "backup")) {
		t.Error("a refused backup made a folder")
	}
}

// A database that is damaged does not take the place of one that was sound.
func TestADamagedDatabaseIsNotCopied(t *testing.T) {
	l := use(t)
	l.takes(0, 40)
	to := t.TempDir()
	l.backUp(to)
	must(t, l.db.Close())
	f, err := os.OpenFile(l.dir.Database(), os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt([]byte(strings.Repeat("garbage!", 3*4096/8)), 5*4096)
	must(t, errors.Join(err, f.Close()))
	if _, err := backup.Run(t.Context(), l.config(to)); err == nil {
		t.Error("a damaged database was backed up")
	}
	restored(t, to, 40)
}

func TestOneAtATime(t *testing.T) {
	l := use(t)
	l.takes(0, 1)
	to := t.TempDir()
	cfg := l.config(to)
	cfg.Progress = func(int) {
		if _, err := backup.Run(context.WithoutCancel(t.Context()), l.config(to)); !errors.Is(err, backup.ErrInUse) {
			t.Errorf("a second one beside it: %v, want ErrInUse", err)
		}
	}
	_, err := backup.Run(t.Context(), cfg)
	must(t, err)
}

// The audit chain's file comes back, never ahead of the database.
func TestAuditChain(t *testing.T) {
	l := use(t)
	l.takes(0, 2)
	decide := func(n int) {
		t.Helper()
		_, err := l.db.Decide(t.Context(), sqlite.Decision{IDs: []string{l.call(n).ID}, Status: petition.StatusReview, Actor: "anna"})
		must(t, err)
	}
	decide(0)
	must(t, audit.Follow(t.Context(), l.db, l.dir.Audit()))
	decide(1) // the file does not have it yet
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "data")
	l.backUp(from)
	_, err := restoreInto(t, from, to)
	must(t, err)
	db, path := openRestored(t, to), filepath.Join(to, "audit.jsonl")
	if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), "\n") != 1 {
		t.Errorf("the chain's file: %s (%v)", text, err)
	}
	must(t, audit.Follow(t.Context(), db, path))
	if proof, err := audit.Verify(t.Context(), db, path); err != nil || proof.Entries != 2 {
		t.Errorf("the chain: %+v (%v)", proof, err)
	}
}

// What waits in the journal and in Asterisk's log is part of a backup.
func TestJournalAndWitness(t *testing.T) {
	l := use(t)
	l.takes(0, 2)
	journalled(t, l, 2)
	witness := filepath.Join(t.TempDir(), "witness.jsonl")
	for n, name := range []string{witness, witness + ".1"} {
		must(t, os.WriteFile(name, []byte(started(7+n)), 0o600))
	}
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "data")
	cfg := l.config(from)
	cfg.Witness.Path = witness
	_, err := backup.Run(t.Context(), cfg)
	must(t, err)
	if n := len(names(tree(t, from), "witness")); n != 2 {
		t.Errorf("%d event logs, want 2", n)
	}
	back, err := restoreInto(t, from, to)
	must(t, err)
	if back.Left != 0 {
		t.Errorf("restored: %+v", back)
	}
	if text, err := os.ReadFile(filepath.Join(to, "journal", "journal.jsonl")); err != nil && !errors.Is(err, fs.ErrNotExist) || len(text) > 0 {
		t.Errorf("the journal was not replayed: %s (%v)", text, err)
	}
	db := openRestored(t, to)
	if row, err := db.Call(t.Context(), l.call(2).ID); err != nil || row.Signature == nil {
		t.Errorf("the call of the journal: %+v (%v)", row, err)
	}
	for _, uniqueID := range []string{"pbx-1795384007.7", "pbx-1795384008.8"} {
		if w, err := db.WitnessOf(t.Context(), uniqueID); err != nil || w.StartedAt.IsZero() {
			t.Errorf("Asterisk's log: %+v (%v)", w, err)
		}
	}
}

// Of a database that another program has for itself no backup is made, nor a
// folder for one.
func TestLockedDatabase(t *testing.T) {
	dir, err := datadir.Create(t.TempDir())
	must(t, err)
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: dir.Database()})
	must(t, err)
	must(t, db.Close())
	other, err := sql.Open("sqlite3", "file:"+dir.Database())
	must(t, err)
	defer other.Close()
	other.SetMaxOpenConns(1)
	for _, statement := range []string{`PRAGMA locking_mode = EXCLUSIVE`, `BEGIN EXCLUSIVE`, `CREATE TABLE more (n)`} {
		_, err := other.ExecContext(t.Context(), statement)
		must(t, err)
	}
	to := filepath.Join(t.TempDir(), "backup")
	_, err = backup.Run(t.Context(), backup.Config{Dir: dir, To: to, Expires: time.Hour, Now: clock})
	if !errors.Is(err, sqlite.ErrLocked) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "fuser") {
		t.Errorf("%v, want that it is locked and what to do, in one line", err)
	}
	if exists(to) {
		t.Error("a folder was made for nothing")
	}
}

// A backup in its own data folder would hold itself.
func TestBackupInsideTheData(t *testing.T) {
	l := use(t)
	l.takes(0, 1)
	outside := t.TempDir()
	must(t, os.Symlink(string(l.dir), filepath.Join(outside, "link")))
	before := tree(t, string(l.dir))
	for _, to := range []string{
		string(l.dir), filepath.Join(string(l.dir), "backup"), filepath.Join(l.dir.Archive(), "2026"),
		filepath.Dir(string(l.dir)), filepath.Join(outside, "link", "backup"),
	} {
		if _, err := backup.Run(t.Context(), l.config(to)); !errors.Is(err, backup.ErrOverlap) || !strings.Contains(err.Error(), "name a folder elsewhere") {
			t.Errorf("into %s: %v, want ErrOverlap and what to do", to, err)
		}
	}
	if after := tree(t, string(l.dir)); len(after) != len(before) {
		t.Errorf("%d files, where there were %d", len(after), len(before))
	}
}
