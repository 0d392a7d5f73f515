package subject_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/ops/backup"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/rebuild"
	"glennline/ops/reconcile"
	"glennline/ops/subject"
	"glennline/ops/tombstone"
	"glennline/petition"
	"glennline/petition/audit"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

const anna, bert = "+32470555001", "+32470555002"

// traces leaves everything of a call that a folder can hold after years of
// crashes and repairs.
func (l *line) traces(n int, c petition.Call) {
	l.t.Helper()
	put := func(path string, text []byte) {
		must(l.t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(l.t, os.WriteFile(path, text, 0o400))
	}
	file := l.file(n)
	put(filepath.Join(l.dir.Spool(), "2026-11-22", c.ID+"~0123456789ab~fr.wav"), file)
	put(filepath.Join(l.dir.Spool(), "fallback", "main~0123456789ab~fr~"+c.UniqueID+".wav"), file)
	put(filepath.Join(l.dir.Quarantine(), c.ID+"~0123456789ab~fr-2.wav"), file[:3000+len(file)/2])
	put(filepath.Join(l.dir.Quarantine(), c.ID+"~0123456789ab~fr-2.wav.json"), []byte(`{"from":"/spool/`+c.ID+`.wav"}`))
	put(filepath.Join(l.dir.Quarantine(), "main~0123456789ab~fr~"+c.UniqueID+"-2.wav"), file)
	put(filepath.Join(l.dir.Quarantine(), "under another name.wav"), file)
	put(filepath.Join(l.dir.Archive(), ".partial", c.ID+".wav.123"), file[:len(file)-100])
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(l.dir.Database() + suffix)
		must(l.t, err)
		put(filepath.Join(l.dir.Damaged(), "2026-11-21T180000Z", "glennline.db"+suffix), raw)
	}
	j, err := journal.Open(l.dir.Journal())
	must(l.t, err)
	must(l.t, j.Refuse(journal.Entry{Begin: &c}, sqlite.ErrOtherCall))
	must(l.t, j.Close())
}

func TestErase(t *testing.T) {
	l := use(t)
	hers := map[int]petition.Call{1: l.take(1, anna), 3: l.take(3, anna)}
	his := l.take(2, bert)
	l.traces(1, hers[1])
	near, named, far := filepath.Join(l.root, "near"), filepath.Join(l.root, "named"), filepath.Join(l.root, "far")
	for _, to := range []string{near, far} {
		l.backUp(to)
	}
	must(t, os.CopyFS(named, os.DirFS(near)))
	away := t.TempDir() // as if its disk were not mounted
	must(t, os.Rename(far, filepath.Join(away, "far")))
	must(t, copies.Record(l.dir.Copies(), copies.Copy{Kind: copies.Export, Path: "/srv/export.csv", At: now, Actor: "anna"}))

	receipt, err := l.eraser(named).Erase(t.Context(), l.db, l.find(anna))
	must(t, err)
	l.nowhere(l.root, hers)
	for _, root := range []string{string(l.dir), near, named} {
		l.somewhere(root, 2, his)
	}
	if want := []string{hers[1].ID, hers[3].ID}; !slices.Equal(receipt.Calls, want) {
		t.Errorf("receipt of %v, want %v", receipt.Calls, want)
	}
	for i, want := range []string{near, far, named} {
		b := receipt.Backups[i]
		if b.Path != want || (b.Why != "") != (want == far) || b.Expires == nil || !b.Expires.Equal(now.Add(24*time.Hour)) || want != far && b.Files < 2 {
			t.Errorf("receipt: %+v, want %s", b, want)
		}
	}
	if len(receipt.Left) != 1 || !strings.Contains(receipt.Left[0], "far: it is not there now") {
		t.Errorf("left: %q, want the backup that is away", receipt.Left)
	}
	if len(receipt.Outside) != 1 || receipt.Outside[0].Path != "/srv/export.csv" {
		t.Errorf("outside: %+v, want the export", receipt.Outside)
	}
	if kept, _, err := l.db.VerifyFigure(t.Context()); err != nil || kept.Calls != 3 || kept.Messages != 1 || kept.Counted != 1 || kept.Lines != 1 {
		t.Errorf("the figure is %+v, %v; want one message of three calls", kept, err)
	}
	must(t, audit.Follow(t.Context(), l.db, l.dir.Audit()))
	if _, err := audit.Verify(t.Context(), l.db, l.dir.Audit()); err != nil {
		t.Error(err)
	}
	if _, err := subject.Find(t.Context(), l.db, l.query(anna)); !errors.Is(err, subject.ErrNothing) {
		t.Errorf("again: %v, want ErrNothing", err)
	}

	t.Run("the backup away is cleaned when it is back", func(t *testing.T) {
		back := filepath.Join(t.TempDir(), "far")
		must(t, os.CopyFS(back, os.DirFS(filepath.Join(away, "far"))))
		if _, err := backup.Run(t.Context(), backup.Config{Dir: l.dir, To: back, Expires: time.Hour, Now: func() time.Time { return now.Add(time.Hour) }}); err != nil {
			t.Fatal(err)
		}
		l.nowhere(back, hers)
		l.somewhere(back, 2, his)
	})
	t.Run("no backup brings it back", func(t *testing.T) {
		for from, stones := range map[string][]string{near: nil, named: nil, filepath.Join(away, "far"): {l.dir.Tombstones()}} {
			to := filepath.Join(t.TempDir(), "restored")
			done, err := backup.Restore(t.Context(), backup.RestoreConfig{From: from, To: to, Erased: stones, MaxCall: time.Minute, Now: func() time.Time { return now }})
			if err != nil || done.Left != 0 || len(done.Missing)+len(done.Damaged) > 0 {
				t.Fatalf("%s: %+v, %v", from, done, err)
			}
			if (done.Erased > 0) != (stones != nil) {
				t.Errorf("%s: %d erased on the way", from, done.Erased)
			}
			l.nowhere(to, hers)
			l.somewhere(to, 2, his)
			if back, err := os.ReadFile(datadir.Dir(to).Tombstones()); err != nil || strings.Count(string(back), "\n") != 2 {
				t.Errorf("%s: tombstones %q, %v", from, back, err)
			}
		}
	})
	t.Run("no rebuilding brings it back", func(t *testing.T) {
		to := filepath.Join(t.TempDir(), "data")
		must(t, os.CopyFS(to, os.DirFS(string(l.dir))))
		dir := datadir.Dir(to)
		must(t, os.Truncate(dir.Database(), 1000))
		for n, c := range hers { // somebody put the recordings back
			path := filepath.Join(dir.Archive(), "2026/11/22", c.ID+".wav")
			must(t, os.WriteFile(path, l.file(n), 0o400))
		}
		stray := filepath.Join(dir.Archive(), "2026/11/22", "01M82S0000000000000000000A.wav")
		must(t, os.WriteFile(stray, l.file(1), 0o400))
		stones, err := tombstone.Load(dir.Tombstones())
		must(t, err)
		report, err := rebuild.Run(t.Context(), rebuild.Config{Dir: dir, Actor: "anna", Apply: true, Tombstones: stones})
		if err != nil || report.Calls != 3 || report.Review != 1 || len(report.Refused) != 3 {
			t.Fatalf("%+v, %v; want three calls, his for review, her recordings left out", report, err)
		}
		db, err := sqlite.Open(t.Context(), sqlite.Config{Path: dir.Database()})
		must(t, err)
		defer db.Close()
		l.reconciled(db, dir, stones, map[reconcile.Kind]int{reconcile.Erased: 3}, 1)
		must(t, os.Remove(stray)) // as it says
		l.nowhere(to, hers)
		l.reconciled(db, dir, stones, map[reconcile.Kind]int{}, 0)
	})
}

// reconciled runs reconcile and checks what it found.
func (l *line) reconciled(db *sqlite.DB, dir datadir.Dir, stones *tombstone.Set, want map[reconcile.Kind]int, left int) {
	l.t.Helper()
	report, err := reconcile.Run(l.t.Context(), reconcile.Config{
		DB: db, Archive: l.store, Root: dir.Archive(), Spool: dir.Spool(), MaxCall: time.Minute,
		Apply: true, Tombstones: stones, Now: func() time.Time { return now.AddDate(0, 0, 1) },
	})
	must(l.t, err)
	for kind, n := range report.Counts {
		if want[kind] != n {
			l.t.Errorf("reconcile found %d %s, want %d", n, kind, want[kind])
		}
	}
	for kind, n := range want {
		if report.Counts[kind] != n {
			l.t.Errorf("reconcile found %d %s, want %d", report.Counts[kind], kind, n)
		}
	}
	if report.Left != left {
		l.t.Errorf("reconcile left %d, want %d", report.Left, left)
	}
}

// Wherever an erasure is broken off after its tombstones, the next one and
// reconcile finish it, and neither brings anybody back.
func TestEraseBrokenOff(t *testing.T) {
	for name, broken := range map[string]func(l *line, c petition.Call){
		"after the tombstones": func(*line, petition.Call) {},
		"after the row":        func(l *line, c petition.Call) { must(l.t, l.db.Forget(l.t.Context(), c.ID, "anna")) },
		"after the recording": func(l *line, c petition.Call) {
			must(l.t, l.db.Forget(l.t.Context(), c.ID, "anna"))
			must(l.t, os.Remove(filepath.Join(l.dir.Archive(), "2026/11/22", c.ID+".wav")))
		},
	} {
		for _, by := range []string{"the next erasure", "reconcile"} {
			t.Run(name+", finished by "+by, func(t *testing.T) {
				l := use(t)
				hers, his := map[int]petition.Call{1: l.take(1, anna)}, l.take(2, bert)
				must(t, os.MkdirAll(filepath.Join(l.dir.Spool(), "2026-11-22"), 0o700))
				must(t, os.WriteFile(filepath.Join(l.dir.Spool(), "2026-11-22", hers[1].ID+"~0123456789ab~fr.wav"), l.file(1), 0o400))
				must(t, tombstone.Add(l.dir.Tombstones(), tombstone.Stone{CallID: hers[1].ID, At: now}))
				broken(l, hers[1])
				stones, err := tombstone.Load(l.dir.Tombstones())
				must(t, err)
				if by == "reconcile" {
					report, err := reconcile.Run(t.Context(), reconcile.Config{
						DB: l.db, Archive: l.store, Root: l.dir.Archive(), Spool: l.dir.Spool(), MaxCall: time.Minute,
						Apply: true, Tombstones: stones, Now: func() time.Time { return now },
					})
					if err != nil || report.Counts[reconcile.Erased] == 0 || report.Left != 0 {
						t.Errorf("%+v, %v", report, err)
					}
					must(t, sqlite.Scour(t.Context(), l.dir.Database(), nil, time.Second))
				} else {
					receipt, err := l.eraser().Erase(t.Context(), l.db, nil)
					if err != nil || receipt.Files == 0 {
						t.Errorf("%+v, %v", receipt, err)
					}
				}
				l.nowhere(l.root, hers)
				l.somewhere(l.root, 2, his)
				l.reconciled(l.db, l.dir, stones, map[reconcile.Kind]int{}, 0)
			})
		}
	}
}

// Whoever is on the line is not erased by half.
func TestSettled(t *testing.T) {
	l := use(t)
	l.take(1, anna)
	rows := l.find(anna)
	ask := func(waiting ...petition.Call) error {
		t.Helper()
		u, err := subject.Settled(l.query(anna), l.find(anna), waiting, l.dir.Journal())
		must(t, err)
		return u.Err()
	}
	must(t, ask())
	must(t, ask(l.call(5, bert)))
	if err := ask(l.call(5, anna)); !errors.Is(err, subject.ErrInProgress) || !strings.Contains(err.Error(), "Asterisk answered by itself") {
		t.Errorf("with one in the spool: %v", err)
	}
	j, err := journal.Open(l.dir.Journal())
	must(t, err)
	other, mine := l.call(6, bert), l.call(7, anna)
	must(t, j.Append(t.Context(), journal.Entry{Begin: &other}))
	must(t, ask())
	must(t, j.Append(t.Context(), journal.Entry{Begin: &mine}))
	if err := ask(); !errors.Is(err, subject.ErrInProgress) || !strings.Contains(err.Error(), "1 in the journal") {
		t.Errorf("with one in the journal: %v", err)
	}
	must(t, j.Replay(t.Context(), func(context.Context, []journal.Entry) error { return nil }))
	must(t, j.Close())
	must(t, l.db.Begin(t.Context(), l.call(8, anna)))
	if err := ask(); !errors.Is(err, subject.ErrInProgress) || !strings.Contains(err.Error(), "in progress ("+l.call(8, anna).ID) {
		t.Errorf("with one in progress: %v", err)
	}
	if len(rows) != 1 {
		t.Errorf("%d calls", len(rows))
	}
}

func TestFindWithoutANumber(t *testing.T) {
	l := use(t)
	l.take(1, anna)
	first, second := l.take(2, ""), l.take(4, "")
	window := subject.Query{From: now.Add(-2 * time.Hour), To: now.Add(-2 * time.Hour).Add(3 * time.Minute), Line: "main"}
	rows, err := subject.Find(t.Context(), l.db, window)
	if err != nil || len(rows) != 1 || rows[0].Call.ID != first.ID {
		t.Errorf("%+v, %v; want call 2 alone", rows, err)
	}
	window.Line = "other"
	if _, err := subject.Find(t.Context(), l.db, window); !errors.Is(err, subject.ErrNothing) {
		t.Errorf("on another line: %v, want ErrNothing", err)
	}
	window.Line, window.To = "", now
	if _, err := subject.Find(t.Context(), l.db, window); !errors.Is(err, subject.ErrSeveral) || !strings.Contains(err.Error(), second.ID+" at 18:04:00") {
		t.Errorf("with two: %v, want ErrSeveral with their times", err)
	}
	rows, err = subject.Find(t.Context(), l.db, subject.Query{CallID: strings.ToLower(second.ID)})
	if err != nil || len(rows) != 1 || rows[0].Call.ID != second.ID {
		t.Errorf("by its id: %+v, %v", rows, err)
	}
	calls := map[int]petition.Call{4: second}
	if _, err := l.eraser().Erase(t.Context(), l.db, rows); err != nil {
		t.Fatal(err)
	}
	l.nowhere(l.root, map[int]petition.Call{4: {SIPCallID: calls[4].SIPCallID, Caller: petition.Caller{Pseudonym: "none of it"}}})
	if _, err := subject.Find(t.Context(), l.db, subject.Query{CallID: second.ID}); !errors.Is(err, subject.ErrNothing) || !strings.Contains(err.Error(), "was erased on 2") {
		t.Errorf("erased: %v, want ErrNothing with the day", err)
	}
	rows, err = subject.Find(t.Context(), l.db, subject.Query{CallID: l.call(1, anna).ID})
	if err != nil || len(rows) != 1 || rows[0].Call.Caller.Class != petition.ClassMobile {
		t.Errorf("one with a number, by its id: %+v, %v", rows, err)
	}
}
