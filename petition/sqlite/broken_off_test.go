package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// neverCompared is a database with signatures of one mobile telephone that all
// count, as rows that came in some other way would.
func neverCompared(t *testing.T, calls int) string {
	t.Helper()
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(50) // to share transactions
	for n := range calls {
		c, closing := scattered(n), message(n)
		c.Caller.Pseudonym, closing.CallID, closing.Voice.Path = pseudonym, c.ID, c.ID+".wav"
		group.Go(func() error {
			_, err := db.Settle(ctx, c, closing)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, p, `UPDATE signatures SET status = 'counted', status_reason = 'voice', duplicate_of = NULL`)
	return p
}

// counted fails unless so many count, and the counters agree.
func counted(t *testing.T, db *sqlite.DB, want int) {
	t.Helper()
	kept, rows, err := db.VerifyFigure(t.Context())
	if err != nil || kept.Counted != want || kept.Lines != 1 {
		t.Errorf("%+v, %+v, %v; want %d counted of one line", kept, rows, err, want)
	}
}

// A run that is broken off stands as far as it came, can be gone on with, and
// can be taken back; so can the one that goes on with it.
func TestDedupeBrokenOff(t *testing.T) {
	const calls = 120 // more than a transaction takes
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var once sync.Once
	p := neverCompared(t, calls)
	db := open(t, sqlite.Config{Path: p, Audited: func() { once.Do(cancel) }})
	first, changed, err := db.Dedupe(ctx, "alice")
	if !errors.Is(err, context.Canceled) || first == 0 {
		t.Fatalf("run %d, %d changed, %v; want it broken off", first, changed, err)
	}
	kept, _, err := db.VerifyFigure(t.Context())
	if err != nil || kept.Counted+kept.Duplicates != calls {
		t.Fatalf("%+v, %v", kept, err)
	}
	second, _, err := db.Dedupe(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	counted(t, db, 1)
	for _, run := range []int64{second, first} {
		if run == 0 {
			continue // the first had done all of it before it noticed
		}
		if _, err := db.UndoDedupe(t.Context(), run, "bob"); err != nil {
			t.Errorf("undo of run %d: %v", run, err)
		}
	}
	counted(t, db, calls)
}

// Two that give the same command at the same moment end as one would.
func TestTwoAtOnce(t *testing.T) {
	const calls = 110
	p := neverCompared(t, calls)
	patient := sqlite.Config{Path: p, BusyTimeout: time.Minute} // a disk may be slow
	two := []*sqlite.DB{open(t, patient), open(t, patient)}
	both := func(do func(db *sqlite.DB, name string) error) []error {
		errs := make([]error, len(two))
		var group sync.WaitGroup
		for i, db := range two {
			group.Go(func() { errs[i] = do(db, fmt.Sprint("actor ", i)) })
		}
		group.Wait()
		return errs
	}
	for _, err := range both(func(db *sqlite.DB, name string) error {
		_, _, err := db.Dedupe(t.Context(), name)
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	counted(t, two[0], 1)
	if run, changed, err := two[0].Dedupe(t.Context(), "alice"); run != 0 || changed != 0 || err != nil {
		t.Errorf("once more: run %d, %d changed, %v", run, changed, err)
	}

	// The same decision on all: whoever comes second has it refused, and nothing is
	// decided by halves.
	var ids []string
	for n := range calls {
		ids = append(ids, scattered(n).ID)
	}
	errs := both(func(db *sqlite.DB, name string) error {
		_, err := db.Decide(t.Context(), sqlite.Decision{IDs: ids, Status: petition.StatusRejected, Reason: "x", Actor: name})
		return err
	})
	for _, err := range errs {
		if err != nil && !errors.Is(err, petition.ErrTransition) {
			t.Error(err)
		}
	}
	kept, _, err := two[1].VerifyFigure(t.Context())
	if err != nil || kept.Rejected != calls {
		t.Errorf("%+v, %v; want all rejected", kept, err)
	}
	if _, err := two[0].Freeze(t.Context(), clock(), "alice"); err != nil {
		t.Error(err)
	}
}
