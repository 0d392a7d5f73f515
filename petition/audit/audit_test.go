package audit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"glennline/petition"
	"glennline/petition/audit"
	"glennline/petition/sqlite"
)

var at = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

func open(t *testing.T) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "petition.db")})
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

func play(t *testing.T, db *sqlite.DB, actor string) {
	t.Helper()
	if err := db.Audit(t.Context(), petition.AuditEntry{At: at, Actor: actor, Kind: petition.AuditPlay, Subject: "s"}, "a <text> of "+actor); err != nil {
		t.Fatal(err)
	}
}

// Entries that several processes write and follow at once stand in the file
// once, in order.
func TestFollowAtOnce(t *testing.T) {
	db, path := open(t), filepath.Join(t.TempDir(), "audit.jsonl")
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				play(t, db, "alice")
				if err := audit.Follow(t.Context(), db, path); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	report, err := audit.Verify(t.Context(), db, path)
	if err != nil || report.Entries != writers*each || report.InFile != writers*each || report.Behind != 0 || report.Texts != writers*each {
		t.Errorf("%+v, %v", report, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want mode 0600", info.Mode(), err)
	}
}

// A crash may leave any part of the last lines, and nothing of the chain is
// lost by it.
func TestFollowAfterACrash(t *testing.T) {
	db, path := open(t), filepath.Join(t.TempDir(), "audit.jsonl")
	for _, actor := range []string{"alice", "bob", "carol"} {
		play(t, db, actor)
	}
	if err := audit.Follow(t.Context(), db, path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for length := range whole {
		if err := os.WriteFile(path, whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := audit.Verify(t.Context(), db, path); err != nil {
			t.Fatalf("after %d bytes: %v", length, err)
		}
		if err := audit.Follow(t.Context(), db, path); err != nil {
			t.Fatalf("after %d bytes: %v", length, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != string(whole) {
			t.Fatalf("after %d bytes it is completed to\n%s(%v)", length, got, err)
		}
	}
}

func TestFollowRefusesAnotherChain(t *testing.T) {
	db, path := open(t), filepath.Join(t.TempDir(), "audit.jsonl")
	play(t, db, "alice")
	if err := audit.Follow(t.Context(), db, path); err != nil {
		t.Fatal(err)
	}
	other := open(t)
	play(t, other, "mallory")
	play(t, other, "mallory")
	before, _ := os.ReadFile(path)
	for what, text := range map[string]string{"another chain": string(before), "no entry": string(before) + "{}\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := audit.Follow(t.Context(), other, path); !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), "glennline audit verify") {
			t.Errorf("%s: error = %v, want ErrBroken with what to do", what, err)
		}
		if after, _ := os.ReadFile(path); string(after) != text {
			t.Errorf("%s: the file was changed", what)
		}
	}
}

// Every field of an entry is under its hash.
func TestEveryFieldIsHashed(t *testing.T) {
	whole := petition.AuditEntry{
		Seq: 1, At: at, Actor: "alice", Kind: petition.AuditStatus, Subject: "s",
		Detail: map[string]string{"from": "counted"}, TextHash: "t", Previous: petition.AuditStart,
	}
	sum := whole.Sum()
	for name, change := range map[string]func(*petition.AuditEntry){
		"seq":      func(e *petition.AuditEntry) { e.Seq++ },
		"at":       func(e *petition.AuditEntry) { e.At = e.At.Add(time.Millisecond) },
		"actor":    func(e *petition.AuditEntry) { e.Actor = "bob" },
		"kind":     func(e *petition.AuditEntry) { e.Kind = petition.AuditPlay },
		"subject":  func(e *petition.AuditEntry) { e.Subject = "r" },
		"detail":   func(e *petition.AuditEntry) { e.Detail = map[string]string{"from": "blank"} },
		"text":     func(e *petition.AuditEntry) { e.TextHash = "" },
		"previous": func(e *petition.AuditEntry) { e.Previous = sum },
	} {
		e := whole
		if change(&e); e.Sum() == sum {
			t.Errorf("%s is not hashed", name)
		}
	}
	if whole.Hash = sum; whole.Sum() != sum {
		t.Error("the hash itself is hashed")
	}
}

var _ audit.Source = (*sqlite.DB)(nil)

// failing is a source that cannot be read.
type failing struct{ error }

func (f failing) AuditSince(context.Context, int64, func(petition.AuditEntry, string, string) error) error {
	return f.error
}

func TestVerifySaysWhatCannotBeRead(t *testing.T) {
	want := errors.New("input or output error")
	if _, err := audit.Verify(t.Context(), failing{want}, filepath.Join(t.TempDir(), "audit.jsonl")); !errors.Is(err, want) || errors.Is(err, audit.ErrBroken) {
		t.Errorf("error = %v, want %v", err, want)
	}
}
