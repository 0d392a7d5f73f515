package rebuild_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/ops/datadir"
	"glennline/ops/rebuild"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/callid"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
	"glennline/voicemail/wav"
)

var start = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

func call(n int) petition.Call {
	at := start.Add(time.Duration(n) * time.Minute)
	unique := fmt.Sprintf("pbx-%d.%d", at.Unix(), n)
	return petition.Call{
		ID:        callid.Derive("pbx", unique, at),
		System:    "pbx",
		UniqueID:  unique,
		SIPCallID: fmt.Sprintf("%d@carrier.example", n),
		Line:      "main",
		Dialled:   "+3225550100",
		StartedAt: at,
		Caller:    petition.Caller{Class: petition.ClassMobile, Pseudonym: fmt.Sprintf("%064x", n+1), KeyID: "key"},
	}
}

// lost is a data folder whose database is garbage, with the recordings of calls
// 0 to 4: the ending of 0 and the beginning of 1 are in the journal, as is the
// ending of 9, which left no recording; Asterisk's log has 2.
func lost(t *testing.T) (rebuild.Config, []petition.Voice) {
	t.Helper()
	dir, err := datadir.Create(t.TempDir())
	must(t, err)
	store, err := archive.Open(dir.Archive(), dir.Quarantine())
	must(t, err)
	var voices []petition.Voice
	for n := range 5 {
		c := call(n)
		var file bytes.Buffer
		said, err := wav.Read("../../voicemail/prompts/placeholder/fr/notice.wav")
		must(t, err)
		must(t, wav.Write(&file, said.Rate, said.Samples[n*8000:(n+2)*8000]))
		spooled := filepath.Join(t.TempDir(), "spooled.wav")
		must(t, os.WriteFile(spooled, file.Bytes(), 0o600))
		voice, err := store.Keep(t.Context(), spooled, c.ID, c.StartedAt)
		must(t, err)
		voices = append(voices, voice)
	}
	j, err := journal.Open(dir.Journal())
	must(t, err)
	begun := call(1)
	for _, e := range []journal.Entry{
		{Settle: &journal.Settlement{Call: call(0), Closing: closing(0, &voices[0])}},
		{Begin: &begun},
		{Settle: &journal.Settlement{Call: call(9), Closing: closing(9, nil)}},
	} {
		must(t, j.Append(t.Context(), e))
	}
	must(t, j.Close())
	path := filepath.Join(t.TempDir(), "witness.jsonl")
	var log strings.Builder
	for i, event := range []string{"CHAN_START", "ANSWER", "HANGUP"} {
		at := call(2).StartedAt.Add(time.Duration(i) * time.Second)
		fmt.Fprintf(&log, `{"eventtype":%q,"eventtime":%d.5,"uniqueid":%q,"context":"line"}`+"\n", event, at.Unix(), call(2).UniqueID)
	}
	must(t, os.WriteFile(path, []byte(log.String()), 0o600))
	must(t, os.WriteFile(dir.Database(), []byte(strings.Repeat("garbage ", 1000)), 0o600))
	must(t, os.WriteFile(dir.Database()+"-wal", []byte("more of it"), 0o600))
	return rebuild.Config{Dir: dir, Witness: witness.Log{Path: path}, Now: func() time.Time { return start.Add(time.Hour) }}, voices
}

func closing(n int, voice *petition.Voice) petition.Closing {
	c := petition.Closing{
		CallID:     call(n).ID,
		Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
		AnsweredAt: call(n).StartedAt.Add(time.Second),
		EndedAt:    call(n).StartedAt.Add(20 * time.Second),
		Consent:    petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
		Voice:      voice,
	}
	if voice == nil {
		c.Ending.Result = petition.ResultSilent
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRebuild(t *testing.T) {
	cfg, voices := lost(t)
	before := tree(t, cfg.Dir)
	shown, err := rebuild.Run(t.Context(), cfg)
	must(t, err)
	if diff := cmp.Diff(before, tree(t, cfg.Dir)); diff != "" {
		t.Errorf("showing changed the data folder: %s", diff)
	}
	cfg.Apply = true
	made, err := rebuild.Run(t.Context(), cfg)
	must(t, err)
	if want := filepath.Join(string(cfg.Dir), "damaged", "2026-11-22T190000Z"); made.Aside != want {
		t.Errorf("the old one is in %q, want %q", made.Aside, want)
	}
	made.Applied, made.Aside = false, ""
	if diff := cmp.Diff(shown, made); diff != "" {
		t.Errorf("what was made is not what was shown: %s", diff)
	}
	if made.Journal != 3 || made.Recordings != 5 || made.Known != 1 || made.Witnessed != 1 ||
		made.Calls != 6 || made.Counted != 1 || made.Review != 4 || len(made.Refused) != 0 {
		t.Errorf("report %+v", made)
	}
	after := tree(t, cfg.Dir)
	for _, suffix := range []string{"", "-wal"} {
		if after["damaged/2026-11-22T190000Z/glennline.db"+suffix] != before["glennline.db"+suffix] {
			t.Errorf("glennline.db%s is not what it was", suffix)
		}
	}
	delete(after, "damaged/2026-11-22T190000Z/glennline.db")
	delete(after, "damaged/2026-11-22T190000Z/glennline.db-wal")
	delete(before, "glennline.db-wal")
	after["glennline.db"], before["glennline.db"] = "", ""
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("something else was changed: %s", diff)
	}

	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: cfg.Dir.Database(), ReadOnly: true})
	must(t, err)
	defer db.Close()
	row := func(n int) sqlite.CallRow {
		row, err := db.Call(t.Context(), call(n).ID)
		must(t, err)
		return row
	}
	if diff := cmp.Diff(call(0), row(0).Call); diff != "" {
		t.Errorf("the call of the journal: %s", diff)
	}
	if s := row(0).Signature; s.Status != petition.StatusCounted {
		t.Errorf("the signature of the journal: %+v", s)
	}
	if r := row(1); r.Call.Line != "main" || r.Call.Caller.Pseudonym != "" {
		t.Errorf("the call that had begun: %+v", r.Call)
	}
	if r := row(2); r.Call.UniqueID != call(2).UniqueID || r.Call.System != "pbx" || r.Closing.EndedAt.Sub(r.Closing.AnsweredAt) != time.Second {
		t.Errorf("the call of Asterisk's log: %+v, %+v", r.Call, r.Closing)
	}
	for n := 1; n < 5; n++ {
		r := row(n)
		if r.Signature == nil || r.Signature.Status != petition.StatusReview || r.Closing.Ending.Reason != petition.ReasonRebuilt ||
			r.Closing.Consent.Complete || r.Closing.Voice.FileSHA256 != voices[n].FileSHA256 || !r.Call.StartedAt.Equal(call(n).StartedAt) {
			t.Errorf("call %d: %+v, %+v, %+v", n, r.Call, r.Closing, r.Signature)
		}
	}
	if _, err := rebuild.Run(t.Context(), cfg); !errors.Is(err, rebuild.ErrSound) {
		t.Errorf("again: %v, want ErrSound", err)
	}
}

// A rebuild that is stopped leaves what there was, and the next one clears away
// after it.
func TestStopped(t *testing.T) {
	cfg, _ := lost(t)
	cfg.Apply = true
	must(t, os.MkdirAll(filepath.Join(string(cfg.Dir), ".rebuild-1", "more"), 0o700))
	before, err := os.ReadFile(cfg.Dir.Database())
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cfg.Progress = func(int) { cancel() }
	if _, err := rebuild.Run(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want context.Canceled", err)
	}
	after, err := os.ReadFile(cfg.Dir.Database())
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the database was changed (%v)", err)
	}
	if left, _ := filepath.Glob(filepath.Join(string(cfg.Dir), ".rebuild-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Two in one second keep both of the old ones.
func TestTwiceInASecond(t *testing.T) {
	cfg, _ := lost(t)
	cfg.Apply = true
	seen := make(map[string]bool)
	for range 3 {
		must(t, os.WriteFile(cfg.Dir.Database(), []byte(strings.Repeat("garbage ", 1000)), 0o600))
		report, err := rebuild.Run(t.Context(), cfg)
		must(t, err)
		seen[report.Aside] = true
	}
	if len(seen) != 3 {
		t.Errorf("moved aside into %v", seen)
	}
}

// A database that cannot be read now is not one that is damaged.
func TestLeftAlone(t *testing.T) {
	cfg, _ := lost(t)
	must(t, errors.Join(os.Remove(cfg.Dir.Database()), os.Remove(cfg.Dir.Database()+"-wal")))
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: cfg.Dir.Database()})
	must(t, err)
	must(t, db.Close())
	cfg.Apply = true
	if _, err := rebuild.Run(t.Context(), cfg); !errors.Is(err, rebuild.ErrSound) {
		t.Errorf("Run = %v, want ErrSound", err)
	}
}

// tree is every file below the folder with what is in it.
func tree(t *testing.T, dir datadir.Dir) map[string]string {
	t.Helper()
	files := make(map[string]string)
	must(t, filepath.WalkDir(string(dir), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(string(dir), path)
		files[rel] = string(text)
		return err
	}))
	return files
}
