package backup_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/ops/backup"
	"glennline/ops/datadir"
	"glennline/ops/tombstone"
	"glennline/ops/witness"
)

// started is a line of Asterisk's event log.
func started(n int) string {
	at := 1795384000 + n
	return fmt.Sprintf(`{"eventtype":"CHAN_START","eventtime":%d.5,"uniqueid":"pbx-%d.%d","context":"line"}`+"\n", at, at, n)
}

// logged is a line in use whose Asterisk has written some lines.
func logged(t *testing.T, lines ...int) (l *line, cfg backup.Config) {
	t.Helper()
	l = use(t)
	l.takes(0, 2)
	cfg = l.config(t.TempDir())
	cfg.Witness.Path = filepath.Join(t.TempDir(), "witness.jsonl")
	appendTo(t, cfg.Witness.Path, lines...)
	return l, cfg
}

func appendTo(t *testing.T, path string, lines ...int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	for _, n := range lines {
		_, err := f.WriteString(started(n))
		must(t, err)
	}
	must(t, f.Close())
}

// pieces is what a folder has of event logs, in the order of the pieces.
func pieces(t *testing.T, dir string) (paths []string, text string) {
	t.Helper()
	files := tree(t, dir)
	paths = names(files, "witness/")
	slices.Sort(paths)
	for _, path := range paths {
		text += files[path]
	}
	return paths, text
}

func run(t *testing.T, cfg backup.Config) backup.Report {
	t.Helper()
	r, err := backup.Run(t.Context(), cfg)
	must(t, err)
	return r
}

// Of the event log each run copies what is new, also from a log that was
// rotated meanwhile; all of it comes back, and goes into the next backup.
func TestWitnessGrows(t *testing.T) {
	_, cfg := logged(t, 1, 2)
	half, err := os.OpenFile(cfg.Witness.Path, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = half.WriteString(started(3)[:20])
	must(t, err)
	run(t, cfg)
	if r := run(t, cfg); r.Copied != 0 {
		t.Errorf("%d copied, of what has not changed", r.Copied)
	}
	_, err = half.WriteString(started(3)[20:])
	must(t, err)
	must(t, half.Close())
	appendTo(t, cfg.Witness.Path, 4)
	must(t, os.Rename(cfg.Witness.Path, cfg.Witness.Path+".1"))
	appendTo(t, cfg.Witness.Path, 5)
	if r := run(t, cfg); r.Copied != 2 || r.CopiedBytes != int64(3*len(started(1))) {
		t.Errorf("%d copied, of %d bytes; want three lines in two pieces", r.Copied, r.CopiedBytes)
	}
	paths, text := pieces(t, cfg.To)
	if len(paths) != 3 {
		t.Errorf("%d pieces, want 3", len(paths))
	}
	for n := range 5 {
		if strings.Count(text, started(n+1)) != 1 {
			t.Errorf("line %d is %d times in %s", n+1, strings.Count(text, started(n+1)), text)
		}
	}
	to := filepath.Join(t.TempDir(), "data")
	if r, err := restoreInto(t, cfg.To, to); err != nil || len(r.Missing)+len(r.Damaged) > 0 {
		t.Errorf("restored: %+v, %v", r, err)
	}
	if back, same := pieces(t, to); !slices.Equal(back, paths) || same != text {
		t.Errorf("%v came back, of %v", back, paths)
	}
	db := openRestored(t, to)
	for n := range 5 {
		if w, err := db.WitnessOf(t.Context(), fmt.Sprintf("pbx-%d.%d", 1795384001+n, n+1)); err != nil || w.StartedAt.IsZero() {
			t.Errorf("channel %d: %+v (%v)", n+1, w, err)
		}
	}
	// What was restored is backed up like what was there before, into the same
	// folder or another.
	next := backup.Config{Dir: datadir.Dir(to), To: cfg.To, Expires: cfg.Expires, Now: clock}
	if r := run(t, next); r.Copied != 0 {
		t.Errorf("after the restore %d copied, of what has not changed", r.Copied)
	}
	next.To = t.TempDir()
	run(t, next)
	if again, same := pieces(t, next.To); !slices.Equal(again, paths) || same != text {
		t.Errorf("the backup of what was restored has %v, of %v", again, paths)
	}
}

// A run that was interrupted leaves pieces that no list has; a piece may be lost.
func TestWitnessPiecesThatAreNotWhole(t *testing.T) {
	_, cfg := logged(t, 1, 2)
	run(t, cfg)
	first, _ := pieces(t, cfg.To)
	left := filepath.Join(cfg.To, filepath.Dir(first[0]), "000000000000999-000000000001999.jsonl")
	must(t, os.WriteFile(left, []byte("half of a li"), 0o600))
	appendTo(t, cfg.Witness.Path, 3)
	run(t, cfg)
	if paths, text := pieces(t, cfg.To); len(paths) != 2 || text != started(1)+started(2)+started(3) {
		t.Errorf("%v: %s", paths, text)
	}
	must(t, os.Remove(filepath.Join(cfg.To, first[0])))
	run(t, cfg)
	if _, text := pieces(t, cfg.To); !strings.Contains(text, started(1)) {
		t.Error("a piece that was lost is not there again")
	}
	restored(t, cfg.To, 2)
}

// Of an Asterisk that has other calls too, theirs are none of ours to copy.
func TestWitnessOfASharedAsterisk(t *testing.T) {
	_, cfg := logged(t)
	ours := strings.Replace(started(1), `"line"`, `"glennline-call"`, 1)
	must(t, os.WriteFile(cfg.Witness.Path, []byte(started(2)+ours+started(3)), 0o600))
	cfg.Witness.Shared = true
	run(t, cfg)
	if _, text := pieces(t, cfg.To); text != ours {
		t.Errorf("in the backup is %s", text)
	}
	to := filepath.Join(t.TempDir(), "data")
	_, err := restoreInto(t, cfg.To, to)
	must(t, err)
	if w, err := openRestored(t, to).WitnessOf(t.Context(), "pbx-1795384001.1"); err != nil || w.Context != "call" {
		t.Errorf("%+v, %v", w, err)
	}
}

// A backup that an older version has made has the log in its state.
func TestWitnessOfAnOlderBackup(t *testing.T) {
	_, cfg := logged(t)
	r := run(t, cfg)
	old := filepath.Join(cfg.To, r.State, "witness")
	must(t, os.Mkdir(old, 0o700))
	appendTo(t, filepath.Join(old, "witness.jsonl"), 2)
	appendTo(t, filepath.Join(old, "witness.jsonl.1"), 1)
	to := filepath.Join(t.TempDir(), "data")
	_, err := restoreInto(t, cfg.To, to)
	must(t, err)
	if paths, _ := pieces(t, to); len(paths) != 2 {
		t.Errorf("%d logs came back, want 2", len(paths))
	}
	// The log that has been rotated away since stays in the backup.
	appendTo(t, cfg.Witness.Path, 2, 3)
	run(t, cfg)
	if _, text := pieces(t, cfg.To); strings.Count(text, started(1)) != 1 || strings.Count(text, started(2)) != 1 || strings.Count(text, started(3)) != 1 {
		t.Errorf("in the backup is %s", text)
	}
}

// Erasing somebody from a backup leaves the log, and the list in its order.
func TestErasedFromABackupWithAWitness(t *testing.T) {
	l, cfg := logged(t, 1, 2)
	run(t, cfg)
	erased, err := tombstone.Load()
	must(t, err)
	stone := erased.New(l.call(0).ID, now, "", "")
	file := filepath.Join(t.TempDir(), "tombstones.jsonl")
	must(t, tombstone.Add(file, stone))
	erased, err = tombstone.Load(file)
	must(t, err)
	done, err := backup.Erase(t.Context(), cfg.To, erased, nil, "anna")
	if err != nil || done.Files != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	must(t, l.db.Forget(t.Context(), l.call(0).ID, "anna"))
	must(t, os.Remove(filepath.Join(string(l.dir), l.wav(0))))
	if r := run(t, cfg); r.Copied != 0 {
		t.Errorf("%d copied, of what has not changed", r.Copied)
	}
	if _, text := pieces(t, cfg.To); text != started(1)+started(2) {
		t.Errorf("in the backup is %s", text)
	}
}

// What was purged in the data folder goes from the backup with the next run.
func TestPurgedWitness(t *testing.T) {
	l, cfg := logged(t, 1, 2)
	run(t, cfg)
	appendTo(t, cfg.Witness.Path, 9000, 9001)
	run(t, cfg)
	_, _, err := witness.Import(t.Context(), l.db, cfg.Witness)
	must(t, err)
	must(t, l.db.PurgeWitness(t.Context(), time.Unix(1795384000+5000, 0)))
	run(t, cfg)
	if _, text := pieces(t, cfg.To); text != started(9000)+started(9001) {
		t.Errorf("in the backup is %s", text)
	}
	if r := run(t, cfg); r.Copied != 0 {
		t.Errorf("%d copied, of what has not changed", r.Copied)
	}
}
