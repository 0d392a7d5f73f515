package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// TestMain lets the test binary be the program that a test starts.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashDatabase); path != "" {
		writeUntilKilled(path)
	}
	if path := os.Getenv(openDatabase); path != "" {
		openAndTell(path)
		return
	}
	os.Exit(m.Run())
}

var start = time.Date(2026, 11, 22, 18, 0, 0, 123e6, time.UTC)

// clock is what dates a signature in these tests.
func clock() time.Time { return start.Add(time.Hour) }

func path(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "petition.db")
}

// empty is a database without a call: making one anew takes longer than most tests.
var empty = sync.OnceValues(func() (raw []byte, err error) {
	dir, err := os.MkdirTemp("", "petition")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	p := filepath.Join(dir, "petition.db")
	db, err := sqlite.Open(context.Background(), sqlite.Config{Path: p})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(p)
})

// open opens the database at cfg.Path, or a copy of an empty one that it puts there.
func open(t testing.TB, cfg sqlite.Config) *sqlite.DB {
	t.Helper()
	if _, err := os.Stat(cfg.Path); errors.Is(err, os.ErrNotExist) && !cfg.ReadOnly {
		raw, err := empty()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(cfg.Path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return opened(t, cfg)
}

// opened is open without the copy.
func opened(t testing.TB, cfg sqlite.Config) *sqlite.DB {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = clock
	}
	db, err := sqlite.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// id is that of call n, a second after the one before.
func id(n int) string {
	var entropy [10]byte
	entropy[9] = byte(n)
	return ulid.MustNew(uint64(start.Add(time.Duration(n)*time.Second).UnixMilli()), bytes.NewReader(entropy[:])).String()
}

const (
	pseudonym = "67d344052dc7baafda8f69b5cd16a9c4bf49fe2b5c4f3baa4b09828ba7f37d2e"
	keyID     = "eb3f46dc3011888a"
)

// pseudonymOf is that of the caller of call n; each call has its own.
func pseudonymOf(n int) string {
	if n == 1 {
		return pseudonym
	}
	return fmt.Sprintf("%s%06x", pseudonym[:58], n)
}

func call(n int) petition.Call {
	return petition.Call{
		ID:        id(n),
		System:    "pbx",
		UniqueID:  fmt.Sprintf("pbx-%d.%d", start.Unix(), n),
		SIPCallID: fmt.Sprintf("%d@carrier.example", n),
		Line:      "glenn",
		Dialled:   "+3225550100",
		StartedAt: start.Add(time.Duration(n) * time.Second),
		Caller:    petition.Caller{Class: petition.ClassMobile, Pseudonym: pseudonymOf(n), KeyID: keyID},
	}
}

// message closes call n with a recording that counts.
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
			Measure:     petition.Measure{Seconds: 4.02, SpeechSeconds: 2.1, LevelDBFS: -21.5, PeakDBFS: -6.25, Clipped: 0.001, UnclearSeconds: 0.2, NoiseDBFS: -62.5, HumDBFS: -70, ToneSeconds: 0.4, Version: 2},
		},
	}
}

// hungUp closes call n before the notice was over.
func hungUp(n int) petition.Closing {
	c := message(n)
	c.Ending = petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonDuringNotice}
	c.Consent.Complete = false
	c.Voice = nil
	return c
}

// refused closes call n without an answer.
func refused(n int) petition.Closing {
	c := message(n)
	return petition.Closing{
		CallID:  c.CallID,
		Ending:  petition.Ending{Result: petition.ResultRefused, Reason: petition.ReasonUnknownNumber},
		EndedAt: c.EndedAt,
	}
}

func begin(t testing.TB, db *sqlite.DB, calls ...petition.Call) {
	t.Helper()
	for _, c := range calls {
		if err := db.Begin(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

func end(t testing.TB, db *sqlite.DB, c petition.Closing) *petition.Signature {
	t.Helper()
	signature, err := db.End(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func find(t testing.TB, db *sqlite.DB, id string) sqlite.CallRow {
	t.Helper()
	row, err := db.Call(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func list(t testing.TB, db *sqlite.DB, f sqlite.Filter) []sqlite.CallRow {
	t.Helper()
	var rows []sqlite.CallRow
	if err := db.Calls(context.WithoutCancel(t.Context()), f, func(r sqlite.CallRow) error {
		rows = append(rows, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}
