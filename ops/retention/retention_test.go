package retention_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/ops/backup"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/reconcile"
	"glennline/ops/retention"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
	"glennline/voicemail/wav"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const day = 24 * time.Hour

var now = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

// line is a data folder with calls of several months.
type line struct {
	t       *testing.T
	dir     datadir.Dir
	db      *sqlite.DB
	store   *archive.Archive
	secret  *caller.Secret
	said    *wav.Audio
	witness string
	calls   map[int]petition.Call
}

func use(t *testing.T) *line {
	t.Helper()
	l := &line{t: t, calls: make(map[int]petition.Call)}
	var err error
	l.dir, err = datadir.Create(t.TempDir())
	must(t, err)
	l.witness = filepath.Join(t.TempDir(), "witness.jsonl")
	l.secret, err = caller.OpenSecret(l.dir.Secret())
	must(t, err)
	l.store, err = archive.Open(l.dir.Archive(), l.dir.Quarantine())
	must(t, err)
	l.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: l.dir.Database(), Now: func() time.Time { return now }})
	must(t, err)
	t.Cleanup(func() { must(t, l.db.Close()) })
	l.said, err = wav.Read("../../voicemail/prompts/placeholder/fr/notice.wav")
	must(t, err)
	return l
}

// take is call n, so many days ago, from a number.
func (l *line) take(n, daysAgo int, number string) {
	l.t.Helper()
	at := now.Add(-time.Duration(daysAgo)*day + time.Duration(n)*time.Second)
	unique := fmt.Sprintf("pbx-%d.%d", at.Unix(), n)
	presentation := "allowed"
	if number == "" {
		presentation = "prohib"
	}
	c := petition.Call{
		ID: callid.Derive("pbx", unique, at), System: "pbx", UniqueID: unique,
		SIPCallID: fmt.Sprintf("the call numbered %d@carrier.example", n),
		Line:      "main", Dialled: "+3225550100", StartedAt: at,
		Caller: caller.Identify(l.secret, number, presentation, "BE"),
	}
	var file bytes.Buffer
	must(l.t, wav.Write(&file, l.said.Rate, l.said.Samples[n*9000:n*9000+8000]))
	spooled := filepath.Join(l.t.TempDir(), c.ID+".wav")
	must(l.t, os.WriteFile(spooled, file.Bytes(), 0o600))
	voice, err := l.store.Keep(l.t.Context(), spooled, c.ID, c.StartedAt)
	must(l.t, err)
	_, err = l.db.Settle(l.t.Context(), c, petition.Closing{
		CallID:     c.ID,
		Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
		AnsweredAt: at.Add(time.Second), EndedAt: at.Add(20 * time.Second),
		Consent: petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
		Voice:   &voice,
	})
	must(l.t, err)
	l.calls[n] = c
}

// log writes what Asterisk's log has of the calls.
func (l *line) log(path string, ns ...int) {
	l.t.Helper()
	var text strings.Builder
	for _, n := range ns {
		for i, kind := range []string{"CHAN_START", "ANSWER", "HANGUP"} {
			fmt.Fprintf(&text, `{"eventtype":%q,"eventtime":%d.5,"uniqueid":%q,"context":"line"}`+"\n",
				kind, l.calls[n].StartedAt.Unix()+int64(i)-1, l.calls[n].UniqueID)
		}
	}
	must(l.t, os.WriteFile(path, []byte(text.String()), 0o600))
}

func (l *line) purge(p retention.Policy, apply bool) retention.Report {
	l.t.Helper()
	made, err := copies.List(l.dir.Copies())
	must(l.t, err)
	report, err := retention.Run(l.t.Context(), retention.Config{
		DB: l.db, Dir: l.dir, Policy: p, Witness: witness.Log{Path: l.witness}, Copies: made, Actor: "anna", Apply: apply,
		Now: func() time.Time { return now },
	})
	must(l.t, err)
	return report
}

func (l *line) figure() petition.Figure {
	l.t.Helper()
	kept, _, err := l.db.VerifyFigure(l.t.Context())
	must(l.t, err)
	return kept
}

func (l *line) recorded(n int) bool {
	_, err := os.Stat(filepath.Join(l.dir.Archive(), l.calls[n].StartedAt.Format("2006/01/02"), l.calls[n].ID+".wav"))
	return err == nil
}

// reconciled fails if reconcile finds anything.
func (l *line) reconciled() reconcile.Report {
	l.t.Helper()
	report, err := reconcile.Run(l.t.Context(), reconcile.Config{
		DB: l.db, Archive: l.store, Root: l.dir.Archive(), Spool: l.dir.Spool(), Witness: witness.Log{Path: l.witness},
		MaxCall: time.Minute, VerifyHashes: true, Now: func() time.Time { return now },
	})
	must(l.t, err)
	if len(report.Counts) > 0 || report.Left > 0 {
		l.t.Errorf("reconcile: %+v", report)
	}
	return report
}

func all(kept time.Duration) map[petition.Status]time.Duration {
	p := make(map[petition.Status]time.Duration)
	for _, s := range petition.Statuses {
		p[s] = kept
	}
	return p
}

const anna, bert, carla = "+32470555001", "+32470555002", "+3225550103"

func TestPurgeKeepsTheFigure(t *testing.T) {
	l := use(t)
	l.take(1, 400, anna)
	l.take(2, 390, anna) // duplicate
	l.take(3, 390, bert)
	l.take(4, 10, bert) // duplicate, of an old one
	l.take(5, 380, "")
	l.take(6, 5, carla)
	l.log(l.witness+".1", 1, 2, 3, 5)
	l.log(l.witness, 4, 6)
	must(t, os.Chtimes(l.witness+".1", now, now.Add(-380*day)))
	_, _, err := witness.Import(t.Context(), l.db, witness.Log{Path: l.witness})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(l.dir.Quarantine(), "old.wav"), []byte("RIFF"), 0o400))
	must(t, os.Chtimes(filepath.Join(l.dir.Quarantine(), "old.wav"), now, now.Add(-400*day)))
	to := filepath.Join(t.TempDir(), "backup")
	backUp := func() {
		t.Helper()
		_, err := backup.Run(t.Context(), backup.Config{Dir: l.dir, To: to, Expires: 100 * day, Now: func() time.Time { return now }})
		must(t, err)
	}
	backUp()
	before, sums := l.figure(), l.reconciled().Totals

	p := retention.Policy{Recordings: all(365 * day), Quarantine: 365 * day, Identity: 365 * day, Witness: 365 * day}
	p.Recordings[petition.StatusDuplicate] = 3 * day
	shown := l.purge(p, false)
	want := []retention.Item{
		{What: "recordings", Status: "counted", Before: now.Add(-365 * day), N: 3},
		{What: "recordings", Status: "duplicate", Before: now.Add(-3 * day), N: 2},
		{What: "quarantine", Before: now.Add(-365 * day), N: 1},
		{What: "lines", Before: now.Add(-365 * day), N: 1}, // anna's; bert called again
		{What: "call_ids", Before: now.Add(-365 * day), N: 4},
		{What: "channels", Before: now.Add(-365 * day), N: 4},
		{What: "logs", Before: now.Add(-365 * day), N: 1},
	}
	if diff := cmp.Diff(want, shown.Items); diff != "" || shown.Applied || len(shown.Left) > 0 {
		t.Errorf("shown (-want +got):\n%s%+v", diff, shown)
	}
	if !l.recorded(1) || l.figure() != before {
		t.Fatal("a preview changed something")
	}
	if done := l.purge(p, true); !cmp.Equal(done.Items, want) || !done.Applied {
		t.Errorf("done: %+v", done)
	}
	for n, kept := range map[int]bool{1: false, 2: false, 3: false, 4: false, 5: false, 6: true} {
		if l.recorded(n) != kept {
			t.Errorf("recording %d kept: %v, want %v", n, !kept, kept)
		}
	}
	if after := l.figure(); after != before {
		t.Errorf("the figure changed (-before +after):\n%s", cmp.Diff(before, after))
	}
	if err := l.db.Groups(t.Context(), func(g sqlite.Group) error {
		if len(g.Changes) > 0 {
			return fmt.Errorf("dedupe would change %+v", g)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if totals := l.reconciled().Totals; totals.Answered != sums.Answered || totals.Witnessed != sums.Witnessed || totals.Calls != sums.Calls {
		t.Errorf("the sums changed (-before +after):\n%s", cmp.Diff(sums, totals))
	}
	for n, left := range map[int]bool{1: false, 2: false, 3: true, 4: true, 6: true} {
		row, err := l.db.Call(t.Context(), l.calls[n].ID)
		must(t, err)
		if (row.Call.Caller.Pseudonym == l.calls[n].Caller.Pseudonym) != left || row.Call.Caller.Pseudonym == "" {
			t.Errorf("call %d: pseudonym %s with key %s, want its own: %v", n, row.Call.Caller.Pseudonym, row.Call.Caller.KeyID, left)
		}
	}
	for _, path := range []string{l.dir.Database(), l.dir.Database() + "-wal", l.witness + ".1"} {
		raw, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, needle := range []string{l.calls[1].Caller.Pseudonym, l.calls[5].SIPCallID} {
			if bytes.Contains(raw, []byte(needle)) {
				t.Errorf("%s is left in %s", needle, path)
			}
		}
	}
	if again := l.purge(p, true); len(again.Items) > 0 {
		t.Errorf("again: %+v", again)
	}
	// The backup loses them with the next one, and only them.
	backUp()
	for n, kept := range map[int]bool{1: false, 4: false, 6: true} {
		_, err := os.Stat(filepath.Join(to, "archive", l.calls[n].StartedAt.Format("2006/01/02"), l.calls[n].ID+".wav"))
		if (err == nil) != kept {
			t.Errorf("recording %d in the backup: %v, want kept %v", n, err, kept)
		}
	}
	entries := 0
	must(t, l.db.AuditSince(t.Context(), 0, func(e petition.AuditEntry, _, _ string) error {
		if e.Kind == petition.AuditPurge {
			entries++
			if e.Actor != "anna" || e.Detail["recordings_duplicate"] != "2" || e.Detail["lines"] != "1" {
				t.Errorf("entry %+v", e)
			}
		}
		return nil
	}))
	if entries != 1 {
		t.Errorf("%d entries in the audit chain, want 1", entries)
	}
}

// A run that is broken off after the row and before the file is finished by the
// next one, and reconcile says nothing of it.
func TestPurgeBrokenOff(t *testing.T) {
	l := use(t)
	l.take(1, 400, anna)
	broken := errors.New("broken off")
	err := l.db.PurgeRecordings(t.Context(), petition.StatusCounted, now, func(sqlite.Due) error { return broken })
	if !errors.Is(err, broken) || !l.recorded(1) {
		t.Fatalf("%v", err)
	}
	l.witness = ""
	l.reconciled()
	l.purge(retention.Policy{Recordings: all(365 * day)}, true)
	if l.recorded(1) {
		t.Error("the file is left")
	}
	l.reconciled()
}

// A log that Asterisk goes on writing to keeps its lines until it is old as a
// whole; then it goes under another name.
func TestPurgeOfALogInUse(t *testing.T) {
	l := use(t)
	l.take(1, 400, anna)
	l.take(2, 10, bert)
	l.log(l.witness, 1, 2)
	inUse, err := os.OpenFile(l.witness, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	defer inUse.Close()
	p := retention.Policy{Witness: 365 * day}
	if report := l.purge(p, true); len(report.Items) > 0 {
		t.Errorf("%+v", report) // it had not been copied when it looked
	}
	l.take(3, 1, carla)
	more, err := json.Marshal(map[string]any{"eventtype": "CHAN_START", "eventtime": l.calls[3].StartedAt.Unix(), "uniqueid": l.calls[3].UniqueID, "context": "line"})
	must(t, err)
	_, err = inUse.Write(append(more, '\n')) // Asterisk has the old file open
	must(t, err)
	_, _, err = witness.Import(t.Context(), l.db, witness.Log{Path: l.witness})
	must(t, err)
	if w, err := l.db.WitnessOf(t.Context(), l.calls[3].UniqueID); err != nil || w.UniqueID == "" {
		t.Errorf("the line that came later is lost: %+v, %v", w, err)
	}
	if w, err := l.db.WitnessOf(t.Context(), l.calls[1].UniqueID); err != nil || w.UniqueID != "" {
		t.Errorf("the old one is still there: %+v, %v", w, err)
	}
	renamed, err := filepath.Glob(l.witness + ".*")
	if err != nil || len(renamed) != 1 {
		t.Fatalf("%v, %v", renamed, err)
	}
	must(t, os.Chtimes(renamed[0], now, now.Add(-366*day)))
	l.purge(p, true)
	if _, err := os.Stat(renamed[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old log: %v", err)
	}
}

func TestWhatPeopleHaveToRemove(t *testing.T) {
	l := use(t)
	l.take(1, 10, anna)
	to := filepath.Join(t.TempDir(), "backup")
	report, err := backup.Run(context.WithoutCancel(t.Context()), backup.Config{Dir: l.dir, To: to, Expires: day, Now: func() time.Time { return now.Add(-2 * day) }})
	must(t, err)
	must(t, copies.Record(l.dir.Copies(), copies.Copy{Kind: copies.Backup, Path: to, At: report.CreatedAt, Expires: report.ExpiresAt}))
	old := filepath.Join(l.dir.Damaged(), "2026-01-01T000000Z", "glennline.db")
	must(t, os.MkdirAll(filepath.Dir(old), 0o700))
	must(t, os.WriteFile(old, []byte("SQLite format 3"), 0o600))
	must(t, os.Chtimes(old, now, now.Add(-300*day)))
	left := l.purge(retention.Policy{Identity: 90 * day}, false).Left
	if len(left) != 2 || !strings.HasPrefix(left[0], "backup "+to+" expired on 2026-11-21") || !strings.HasPrefix(left[1], old+" holds pseudonyms") {
		t.Errorf("left %q", left)
	}
}

// What a restore has brought of the log goes when the last of it is over.
func TestPurgeOfARestoredLog(t *testing.T) {
	l := use(t)
	l.take(1, 400, anna)
	l.take(2, 10, bert)
	folder := filepath.Join(l.dir.Witness(), "0123456789abcdef")
	must(t, os.MkdirAll(folder, 0o700))
	old, young := filepath.Join(folder, "000000000000000-000000000000300.jsonl"), filepath.Join(folder, "000000000000300-000000000000600.jsonl")
	l.log(old, 1)
	l.log(young, 1, 2)
	_, err := witness.ImportKept(t.Context(), l.db, l.dir.Witness())
	must(t, err)
	p := retention.Policy{Witness: 365 * day}
	shown := l.purge(p, false)
	if !slices.ContainsFunc(shown.Items, func(i retention.Item) bool { return i.What == "logs" && i.N == 1 }) {
		t.Errorf("it shows %+v, want a log", shown.Items)
	}
	l.purge(p, true)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old piece: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young one: %v", err)
	}
}
