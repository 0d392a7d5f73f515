package ledger_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"glennline/ops/ledger"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// A lock that outlasts every deadline delays nobody for longer than that, and
// what happened meanwhile is in the database afterwards, once.
func TestLockedByAnotherProgram(t *testing.T) {
	dir := made(t)
	l := open(t, config(t, dir))
	if err := l.Begin(t.Context(), call(1)); err != nil { // begins before, ends during
		t.Fatal(err)
	}
	release := lock(t, dir, writing)
	if s, err := l.End(t.Context(), message(1)); err != nil || s == nil {
		t.Fatalf("End = %v, %v", s, err)
	}
	for n := 2; n < 40; n++ {
		take(t, l, n)
	}
	if err := l.Begin(t.Context(), call(40)); err != nil { // begins during, ends after
		t.Fatal(err)
	}
	if s, err := l.Settle(t.Context(), call(41), hungUp(41)); err != nil || s != nil {
		t.Fatalf("Settle = %v, %v", s, err)
	}
	for _, n := range []int{1, 2, 40, 41} {
		if !l.Holds(id(n)) {
			t.Errorf("call %d is in the journal, and the ledger does not hold it", n)
		}
	}
	if l.Waiting() == 0 {
		t.Fatal("nothing waits in the journal: the lock held nothing back")
	}
	release()
	replayed(t, l)
	if s, err := l.End(t.Context(), message(40)); err != nil || s == nil {
		t.Fatalf("End = %v, %v", s, err)
	}
	take(t, l, 42)
	if l.Waiting() != 0 || l.Holds(id(2)) || l.Holds(id(40)) {
		t.Errorf("%d entries wait after the lock was gone", l.Waiting())
	}
	shut(t, l)
	got := rows(t, dir)
	if len(got) != 3+42 {
		t.Errorf("%d calls, want %d", len(got), 3+42)
	}
	for n := 1; n <= 42; n++ {
		row := got[id(n)]
		switch {
		case n == 41:
			if row.Closing == nil || row.Closing.Ending != hungUp(n).Ending || row.Call.Caller.Pseudonym != "" {
				t.Errorf("call %d: %+v", n, row)
			}
		case row.Signature == nil || row.Signature.Status != petition.StatusCounted || row.Call.Caller.Pseudonym != pseudonym(n):
			t.Errorf("call %d: %+v", n, row)
		}
	}
	noJournal(t, dir)
}

// Many callers, while a lock comes and goes at moments of its own.
func TestALockThatComesAndGoes(t *testing.T) {
	const callers, each = 8, 30
	dir := made(t)
	l := open(t, config(t, dir))
	var all sync.WaitGroup
	var taken atomic.Int64
	for caller := range callers {
		all.Go(func() {
			for n := range each {
				n += caller * each
				closing := message(n)
				if n%5 == 0 {
					closing = hungUp(n)
				}
				if err := l.Begin(t.Context(), call(n)); err != nil {
					t.Error(err)
				}
				if _, err := l.End(t.Context(), closing); err != nil {
					t.Error(err)
				}
				taken.Add(1)
			}
		})
	}
	for part := range int64(3) {
		for taken.Load() < part*callers*each/3 {
			time.Sleep(time.Millisecond)
		}
		release := lock(t, dir, writing)
		for at := taken.Load(); taken.Load() < min(at+10, callers*each); {
			time.Sleep(time.Millisecond)
		}
		release()
	}
	all.Wait()
	replayed(t, l)
	shut(t, l)
	got := rows(t, dir)
	if len(got) != 3+callers*each {
		t.Errorf("%d calls, want %d", len(got), 3+callers*each)
	}
	for n := range callers * each {
		row := got[id(n)]
		signed := row.Signature != nil && row.Signature.Status == petition.StatusCounted
		if row.Closing == nil || signed == (n%5 == 0) || (row.Call.Caller.Pseudonym == "") != (n%5 == 0) {
			t.Errorf("call %d: %+v", n, row)
		}
	}
	noJournal(t, dir)
}

func noJournal(t *testing.T, dir string) {
	t.Helper()
	if text, err := os.ReadFile(filepath.Join(dir, "journal", "journal.jsonl")); err != nil || len(text) > 0 {
		t.Errorf("the journal holds %q (%v)", text, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "journal", "refused.jsonl")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("refused: %s (%v)", text, err)
	}
}

// While the database is known to be out of reach, nobody waits for it: a
// deadline that would end the test is never come near to.
func TestOutOfReachNobodyWaits(t *testing.T) {
	dir := made(t)
	cfg := config(t, dir)
	cfg.Database.BusyTimeout, cfg.BeginTimeout, cfg.EndTimeout = time.Hour, 50*time.Millisecond, time.Hour
	cfg.Probe = time.Hour
	l := open(t, cfg)
	release := lock(t, dir, writing)
	for n := range 20 {
		take(t, l, n) // the first call's Begin waits 50 ms, no End an hour
	}
	release()
	shut(t, l)
	l = open(t, config(t, dir))
	shut(t, l)
	if got := rows(t, dir); len(got) != 23 {
		t.Errorf("%d calls, want 23", len(got))
	}
}

func TestLockedAtTheStart(t *testing.T) {
	dir := made(t)
	release := lock(t, dir, all)
	cfg := config(t, dir)
	bound := 0
	cfg.Bind = func(ctx context.Context, db *sqlite.DB) error {
		bound++
		return db.BindSecret(ctx, "eb3f46dc3011888a", pseudonym(0))
	}
	l := open(t, cfg)
	if l.DB() != nil {
		t.Fatal("a locked database was opened")
	}
	take(t, l, 1)
	release()
	replayed(t, l)
	take(t, l, 2)
	shut(t, l)
	if bound != 1 {
		t.Errorf("the secret was bound %d times", bound)
	}
	if got := rows(t, dir); len(got) != 5 || got[id(1)].Signature == nil {
		t.Errorf("%d calls, want 5", len(got))
	}
}

func TestRefusedAtTheStart(t *testing.T) {
	other := errors.New("another secret")
	tests := map[string]struct {
		spoil func(t *testing.T, path string, cfg *ledger.Config)
		want  error
	}{
		"truncated": {func(t *testing.T, path string, _ *ledger.Config) { must(t, os.Truncate(path, 5000)) }, sqlite.ErrCorrupt},
		"empty":     {func(t *testing.T, path string, _ *ledger.Config) { must(t, os.Truncate(path, 0)) }, sqlite.ErrCorrupt},
		"garbage": {func(t *testing.T, path string, _ *ledger.Config) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("garbage ", 9000)), 0o600))
		}, sqlite.ErrCorrupt},
		"garbage inside": {func(t *testing.T, path string, _ *ledger.Config) {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteAt([]byte(strings.Repeat("garbage ", 2048)), 4096)
			must(t, errors.Join(err, f.Close()))
		}, sqlite.ErrCorrupt},
		"of another secret": {func(_ *testing.T, _ string, cfg *ledger.Config) {
			cfg.Bind = func(context.Context, *sqlite.DB) error { return other }
		}, other},
		"nowhere": {func(_ *testing.T, _ string, cfg *ledger.Config) {
			cfg.Database.Path = filepath.Join(cfg.Journal, "none", "glennline.db")
		}, os.ErrNotExist},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := made(t)
			cfg := config(t, dir)
			tt.spoil(t, cfg.Database.Path, &cfg)
			if _, err := ledger.Open(t.Context(), cfg); !errors.Is(err, tt.want) {
				t.Errorf("Open = %v, want %v", err, tt.want)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A call that reconcile found abandoned, because its ending waited in the
// journal, gets its voice all the same.
func TestReplayOntoAnAbandonedCall(t *testing.T) {
	dir := made(t)
	l := open(t, config(t, dir))
	for n := range 3 {
		must(t, l.Begin(t.Context(), call(n)))
	}
	for n := range 2 {
		_, err := l.DB().End(t.Context(), petition.Closing{
			CallID: id(n), EndedAt: start.Add(time.Hour),
			Ending: petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonAbandoned},
		})
		must(t, err)
	}
	release := lock(t, dir, writing)
	for n, c := range []petition.Closing{message(0), hungUp(1), message(2)} {
		if _, err := l.End(t.Context(), c); err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
	}
	release()
	replayed(t, l)
	shut(t, l)
	got := rows(t, dir)
	if row := got[id(0)]; row.Closing.Voice == nil || row.Signature == nil || row.Closing.Ending != message(0).Ending {
		t.Errorf("the voice is not attached: %+v", row)
	}
	if row := got[id(1)]; row.Closing.Ending.Reason != petition.ReasonAbandoned {
		t.Errorf("the ending that stood was replaced: %+v", row)
	}
	if row := got[id(2)]; row.Signature == nil || row.Signature.Status != petition.StatusCounted {
		t.Errorf("call 2: %+v", row)
	}
	noJournal(t, dir)
}

// What no database takes is put aside and holds nothing else up.
func TestAnEntryThatIsRefused(t *testing.T) {
	dir := made(t)
	l := open(t, config(t, dir))
	release := lock(t, dir, writing)
	take(t, l, 1)
	other := call(900) // another call under an id that is taken
	other.SIPCallID = "other@carrier.example"
	closing := message(900)
	closing.Voice.FileSHA256 = strings.Repeat("f", 64)
	if _, err := l.Settle(t.Context(), other, closing); err != nil {
		t.Fatal(err)
	}
	if _, err := l.End(t.Context(), message(77)); err != nil { // begun by nobody
		t.Fatal(err)
	}
	take(t, l, 2)
	release()
	replayed(t, l)
	shut(t, l)
	got := rows(t, dir)
	if len(got) != 5 || got[id(1)].Signature == nil || got[id(2)].Signature == nil {
		t.Errorf("%d calls, want 5", len(got))
	}
	if row := got[id(900)]; row.Closing.Voice.FileSHA256 != message(900).Voice.FileSHA256 {
		t.Errorf("call 900 was changed: %+v", row.Closing)
	}
	aside, err := os.ReadFile(filepath.Join(dir, "journal", "refused.jsonl"))
	if err != nil || strings.Count(string(aside), "\n") != 2 ||
		!strings.Contains(string(aside), id(900)) || !strings.Contains(string(aside), id(77)) {
		t.Errorf("put aside: %s (%v)", aside, err)
	}
}

// The database's own word about a request is not taken for trouble with it.
func TestARefusalIsNoOutage(t *testing.T) {
	dir := made(t)
	l := open(t, config(t, dir))
	bad := call(1)
	bad.ID = "short"
	if err := l.Begin(t.Context(), bad); !errors.Is(err, sqlite.ErrInvalid) {
		t.Errorf("Begin = %v, want ErrInvalid", err)
	}
	if _, err := l.End(t.Context(), message(5)); !errors.Is(err, sqlite.ErrNotBegun) {
		t.Errorf("End = %v, want ErrNotBegun", err)
	}
	if l.Waiting() != 0 {
		t.Error("a refused row went to the journal")
	}
	shut(t, l)
}

// One that gives up is told so, and nothing is written behind its back.
func TestAContextThatEnded(t *testing.T) {
	l := open(t, config(t, made(t)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Begin(ctx, call(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Begin = %v", err)
	}
	if _, err := l.Settle(ctx, call(1), message(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Settle = %v", err)
	}
	if l.Waiting() != 0 {
		t.Error("it went to the journal")
	}
	shut(t, l)
}

// A call that somebody else is to end is not held any more.
func TestLeave(t *testing.T) {
	l := open(t, config(t, made(t)))
	must(t, l.Begin(t.Context(), call(1)))
	if !l.Holds(id(1)) {
		t.Fatal("a call in progress is not held")
	}
	l.Leave(id(1))
	if l.Holds(id(1)) {
		t.Error("a call that was left is held")
	}
	shut(t, l)
}
