package reconcile_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"glennline/ops/fallback"
	"glennline/ops/reconcile"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// house is a data folder, and an Asterisk that is only said to be there.
type house struct {
	t     *testing.T
	dir   string
	db    *sqlite.DB
	store *archive.Archive
	cfg   reconcile.Config
	live  map[string]bool // UNIQUEIDs
	calls int
}

// began is when the calls of a house began, long before now.
var began = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// booted is when the machine of a house came up: after its calls, unless they came later.
var booted = began.Add(12 * time.Hour)

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), live: map[string]bool{}}
	var err error
	if h.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(h.dir, "glennline.db")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.db.Close() })
	secret, err := caller.OpenSecret(filepath.Join(h.dir, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.db.BindSecret(t.Context(), secret.ID, secret.Check()); err != nil {
		t.Fatal(err)
	}
	if h.store, err = archive.Open(filepath.Join(h.dir, "archive"), filepath.Join(h.dir, "quarantine")); err != nil {
		t.Fatal(err)
	}
	in := &fallback.Ingester{Ledger: h.db, Store: h.store, Secret: secret, Region: func(string) string { return "BE" }, Booted: booted}
	h.cfg = reconcile.Config{
		DB: h.db, Archive: h.store,
		Root: filepath.Join(h.dir, "archive"), Spool: filepath.Join(h.dir, "spool"), Witness: witness.Log{Path: filepath.Join(h.dir, "witness.jsonl")},
		Live:     func(context.Context) (map[string]bool, error) { return h.live, nil },
		MaxCall:  10 * time.Minute,
		Fallback: in.Ingest,
		Now:      func() time.Time { return began.Add(24 * time.Hour) },
	}
	return h
}

// call is a call that Asterisk's log has seen from its start to its end, unless
// it says otherwise.
func (h *house) call(events ...petition.ChannelEventKind) petition.Call {
	h.t.Helper()
	h.calls++
	at := began.Add(time.Duration(h.calls) * time.Minute)
	uniqueID := fmt.Sprintf("gl-%d.%d", at.Unix(), h.calls)
	if len(events) == 0 {
		events = []petition.ChannelEventKind{petition.ChannelStarted, petition.ChannelAnswered, petition.ChannelHungUp}
	}
	for i, e := range events {
		h.witness(e, uniqueID, at.Add(time.Duration(i)*5*time.Second))
	}
	return petition.Call{
		ID: callid.Derive("gl", uniqueID, at), System: "gl", UniqueID: uniqueID, SIPCallID: uniqueID + "@carrier", Line: "main",
		Dialled: "+3225550100", StartedAt: at, Caller: petition.Caller{Class: petition.ClassUnknown},
	}
}

// open is a call whose row was written, and no more.
func (h *house) open(events ...petition.ChannelEventKind) petition.Call {
	h.t.Helper()
	call := h.call(events...)
	if err := h.db.Begin(h.t.Context(), call); err != nil {
		h.t.Fatal(err)
	}
	return call
}

// signed is a call with a signature, whose spool copy is left.
func (h *house) signed() (petition.Call, petition.Voice) {
	h.t.Helper()
	call := h.open()
	path := h.spool(call, speech(h.t))
	voice, err := h.store.Keep(h.t.Context(), path, call.ID, call.StartedAt)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.db.End(h.t.Context(), petition.Closing{
		CallID: call.ID, Ending: petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
		AnsweredAt: call.StartedAt.Add(time.Second), EndedAt: call.StartedAt.Add(10 * time.Second),
		Consent: petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true}, Voice: &voice,
	}); err != nil {
		h.t.Fatal(err)
	}
	return call, voice
}

func (h *house) release(call petition.Call) {
	h.t.Helper()
	if err := os.Remove(h.spooled(call)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) spooled(call petition.Call) string {
	return filepath.Join(h.cfg.Spool, call.StartedAt.Format("2006-01-02"), call.ID+"~0123456789ab~fr.wav")
}

// spool puts a file where Asterisk would record the call.
func (h *house) spool(call petition.Call, content []byte) string {
	h.t.Helper()
	path := h.spooled(call)
	h.write(path, content)
	return path
}

// noted is a file of the dialplan's for the call.
func (h *house) noted(call petition.Call, suffix string, content []byte) string {
	h.t.Helper()
	path := filepath.Join(h.cfg.Spool, "fallback", "main~0123456789ab~fr~"+call.UniqueID+suffix)
	h.write(path, content)
	return path
}

func (h *house) write(path string, content []byte) {
	h.t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err == nil {
		err = os.Chtimes(path, began, began)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) witness(kind petition.ChannelEventKind, uniqueID string, at time.Time) {
	h.t.Helper()
	f, err := os.OpenFile(h.cfg.Witness.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		h.t.Fatal(err)
	}
	fmt.Fprintf(f, `{"eventtype":%q,"eventtime":%d.0,"uniqueid":%q,"context":"call"}`+"\n", kind, at.Unix(), uniqueID)
	if err := f.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// apply reconciles for good, and says what it found by kind.
func (h *house) apply() (reconcile.Report, []reconcile.Finding) {
	h.t.Helper()
	cfg := h.cfg
	cfg.Apply = true
	return h.run(cfg)
}

func (h *house) run(cfg reconcile.Config) (reconcile.Report, []reconcile.Finding) {
	h.t.Helper()
	var (
		mu    sync.Mutex
		found []reconcile.Finding
	)
	cfg.Found = func(f reconcile.Finding) {
		mu.Lock()
		defer mu.Unlock()
		found = append(found, f)
		if f.Error != "" {
			h.t.Errorf("%s %s: %s", f.Kind, f.Path, f.Error)
		}
	}
	report, err := reconcile.Run(h.t.Context(), cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	return report, found
}

// agrees fails unless nothing is left to look at, and reconciling again changes
// nothing.
func (h *house) agrees() {
	h.t.Helper()
	before := h.state()
	report, found := h.apply()
	if report.Left != 0 || len(found) != 0 {
		h.t.Errorf("reconciled again, it finds %+v", found)
	}
	if after := h.state(); after != before {
		h.t.Errorf("reconciled again, it changes\n%s\ninto\n%s", before, after)
	}
}

func (h *house) row(call petition.Call) sqlite.CallRow {
	h.t.Helper()
	row, err := h.db.Call(h.t.Context(), call.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return row
}

// want fails unless the call ended so.
func (h *house) want(call petition.Call, ending, status string) sqlite.CallRow {
	h.t.Helper()
	row := h.row(call)
	got, gotStatus := "open", ""
	if row.Closing != nil {
		got = row.Closing.Ending.String()
	}
	if row.Signature != nil {
		gotStatus = string(row.Signature.Status)
	}
	if got != ending || gotStatus != status {
		h.t.Errorf("call %s is %s with status %q, want %s with %q", call.ID, got, gotStatus, ending, status)
	}
	return row
}

// state is every file with its content, and every row of every table.
func (h *house) state() string {
	h.t.Helper()
	var lines []string
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasPrefix(d.Name(), "glennline.db") {
			return err
		}
		raw, err := os.ReadFile(path)
		sum := sha256.Sum256(raw)
		lines = append(lines, strings.TrimPrefix(path, h.dir)+" "+hex.EncodeToString(sum[:8]))
		return err
	})
	db, openErr := sql.Open("sqlite3", "file:"+filepath.Join(h.dir, "glennline.db")+"?mode=ro")
	if err = errors.Join(err, openErr); err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	for _, table := range h.strings(db, `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`) {
		columns := h.strings(db, `SELECT 'quote(`+"'||name||'"+`)' FROM pragma_table_info('`+table+`') ORDER BY cid`)
		rows := h.strings(db, `SELECT `+strings.Join(columns, `||' '||`)+` FROM `+table)
		slices.Sort(rows)
		for _, row := range rows {
			lines = append(lines, table+": "+row)
		}
	}
	return strings.Join(lines, "\n")
}

func (h *house) strings(db *sql.DB, query string) (all []string) {
	h.t.Helper()
	rows, err := db.QueryContext(h.t.Context(), query)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			h.t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return all
}

// take numbers the recordings, so that none repeats another.
var take atomic.Uint32

// speech is a recording with a voice in it.
func speech(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../voicemail/prompts/placeholder/fr/again.wav")
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint32(raw[len(raw)/2&^1:], take.Add(1))
	return raw
}

// killed is a recording whose Asterisk was killed: sizes of 0, and a byte that
// is half a sample.
func killed(raw []byte) []byte {
	raw = bytes.Clone(raw)
	clear(raw[4:8])
	clear(raw[40:44])
	return append(raw, 7)
}
