package ledger_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"
	"github.com/oklog/ulid/v2"
	"go.uber.org/zap/zaptest"

	"glennline/ops/ledger"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// TestMain lets the test binary be another program that holds the database.
func TestMain(m *testing.M) {
	switch os.Getenv(helper) {
	case "lock":
		holdLock(os.Args[1], os.Args[2])
	case "killed":
		journalAndDie(os.Args[1])
	case "readonly":
		readOnly(os.Args[1])
	case "full":
		fillDisk(os.Args[1])
	default:
		os.Exit(m.Run())
	}
}

const helper = "GLENNLINE_TEST_HELPER"

// config is that of a ledger in dir whose patience is short.
func config(t *testing.T, dir string) ledger.Config {
	return ledger.Config{
		Database:     sqlite.Config{Path: filepath.Join(dir, "glennline.db"), BusyTimeout: 50 * time.Millisecond},
		Journal:      filepath.Join(dir, "journal"),
		Log:          zaptest.NewLogger(t),
		BeginTimeout: 100 * time.Millisecond,
		EndTimeout:   100 * time.Millisecond,
		Probe:        20 * time.Millisecond,
	}
}

func open(t *testing.T, cfg ledger.Config) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// made is a data folder with a database that knows calls 900 to 902.
func made(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	l := open(t, config(t, dir))
	for n := range 3 {
		take(t, l, 900+n)
	}
	shut(t, l)
	return dir
}

func shut(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

var start = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

func id(n int) string {
	var entropy [10]byte
	entropy[8], entropy[9] = byte(n>>8), byte(n)
	return ulid.MustNew(uint64(start.Add(time.Duration(n)*time.Second).UnixMilli()), bytes.NewReader(entropy[:])).String()
}

// pseudonym is that of the caller of call n, who calls once.
func pseudonym(n int) string { return fmt.Sprintf("%064x", 1<<40+n) }

func call(n int) petition.Call {
	return petition.Call{
		ID:        id(n),
		System:    "pbx",
		UniqueID:  fmt.Sprintf("pbx-%d.%d", start.Unix(), n),
		SIPCallID: fmt.Sprintf("%d@carrier.example", n),
		Line:      "main",
		Dialled:   "+3225550100",
		StartedAt: start.Add(time.Duration(n) * time.Second),
		Caller:    petition.Caller{Class: petition.ClassMobile, Pseudonym: pseudonym(n), KeyID: "eb3f46dc3011888a"},
	}
}

func message(n int) petition.Closing {
	begun := start.Add(time.Duration(n) * time.Second)
	return petition.Closing{
		CallID:     id(n),
		Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
		AnsweredAt: begun.Add(time.Second),
		EndedAt:    begun.Add(20 * time.Second),
		Consent:    petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
		Voice: &petition.Voice{
			Path:        "2026/11/22/" + id(n) + ".wav",
			FileSHA256:  fmt.Sprintf("%064x", n),
			AudioSHA256: fmt.Sprintf("%064x", n+1<<32),
			Measure:     petition.Measure{Seconds: 4.02, SpeechSeconds: 2.1, LevelDBFS: -21.5, PeakDBFS: -6.25},
		},
	}
}

func hungUp(n int) petition.Closing {
	c := message(n)
	c.Ending = petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonDuringNotice}
	c.Consent.Complete = false
	c.Voice = nil
	return c
}

// take is a call from its beginning to its end.
func take(t *testing.T, l *ledger.Ledger, n int) {
	t.Helper()
	if err := l.Begin(t.Context(), call(n)); err != nil {
		t.Fatal(err)
	}
	signature, err := l.End(t.Context(), message(n))
	if err != nil {
		t.Fatal(err)
	}
	if signature == nil || signature.Status != petition.StatusCounted || signature.ID != id(n) {
		t.Fatalf("call %d: signature %+v, want a counted one", n, signature)
	}
}

// rows are the calls in the database, by id.
func rows(t *testing.T, dir string) map[string]sqlite.CallRow {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "glennline.db"), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found := make(map[string]sqlite.CallRow)
	if err := db.Calls(context.WithoutCancel(t.Context()), sqlite.Filter{}, func(row sqlite.CallRow) error {
		found[row.Call.ID] = row
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// replayed waits until nothing waits in the journal.
func replayed(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	for end := time.Now().Add(time.Minute); l.Waiting() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d entries still wait", l.Waiting())
		}
	}
}

// How another process may hold a database: against all who write, or, if
// nobody has it open, against all.
const (
	writing = "NORMAL"
	all     = "EXCLUSIVE"
)

// lock makes another process take the database for itself, until release.
func lock(t *testing.T, dir, against string) (release func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], filepath.Join(dir, "glennline.db"), against)
	cmd.Env = append(os.Environ(), helper+"=lock")
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
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		t.Fatal("the other process got no lock:", err)
	}
	return func() {
		t.Helper()
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

// holdLock writes a byte when it has the lock and keeps it until its standard
// input ends.
func holdLock(path, against string) {
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=5000&_locking_mode="+against)
	if err == nil {
		db.SetMaxOpenConns(1)
		_, err = db.ExecContext(context.Background(), `BEGIN EXCLUSIVE`)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString(".")
	_, _ = io.Copy(io.Discard, os.Stdin)
	_, err = db.ExecContext(context.Background(), `ROLLBACK`)
	if err = errorsOf(err, db.Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
