package sqlite_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !met() {
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s for a minute", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestRequestsShareACommit(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	const calls = 200
	for n := range calls {
		begin(t, db, call(n))
	}
	commits, err := db.CountCommits()
	if err != nil {
		t.Fatal(err)
	}
	release := db.Hold(t.Context())
	var wg sync.WaitGroup
	for n := range calls {
		wg.Go(func() {
			if _, err := db.End(t.Context(), message(n)); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "all requests", func() bool { return db.Waiting() == calls })
	release()
	wg.Wait()
	if got := commits.Load() - 1; got != 1 { // one was that of Hold
		t.Errorf("%d endings took %d commits, want 1", calls, got)
	}
	if counts, err := db.Counts(t.Context()); err != nil || counts.Open != 0 || counts.Calls != calls {
		t.Errorf("counts %+v, %v; want %d calls, none open", counts, err, calls)
	}
}

// patient ends calls that may wait so long, each by itself, and waits until they do.
func patient(t *testing.T, db *sqlite.DB, delay time.Duration, calls int) (wait func()) {
	t.Helper()
	var wg sync.WaitGroup
	for n := range calls {
		wg.Go(func() {
			if _, err := db.EndWithin(t.Context(), message(n), delay); err != nil {
				t.Error(err)
			}
		})
	}
	return wg.Wait
}

func TestEndingsWaitForABeginning(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	const calls = 20
	for n := range calls {
		begin(t, db, call(n))
	}
	commits, err := db.CountCommits()
	if err != nil {
		t.Fatal(err)
	}
	wait := patient(t, db, time.Hour, calls)
	until(t, "all endings", func() bool { return db.Waiting() == calls })
	begin(t, db, call(calls))
	if counts, err := db.Counts(t.Context()); err != nil || counts.Open != calls+1 {
		t.Errorf("counts %+v, %v; want all open, since nobody has waited for half an hour", counts, err)
	}
	db.Join()
	begin(t, db, call(calls+1))
	wait()
	if got := commits.Load(); got != 2 {
		t.Errorf("two beginnings and %d endings took %d commits, want 2", calls, got)
	}
	if counts, err := db.Counts(t.Context()); err != nil || counts.Open != 2 {
		t.Errorf("counts %+v, %v; want 2 open", counts, err)
	}
}

func TestEndingsDoNotWaitForEver(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(0), call(1), call(2))
	patient(t, db, time.Millisecond, 1)()
	hour := make(chan error, 1)
	go func() {
		_, err := db.EndWithin(t.Context(), message(1), time.Hour)
		hour <- err
	}()
	until(t, "the patient one", func() bool { return db.Waiting() == 1 })
	if _, err := db.EndWithin(t.Context(), message(2), time.Millisecond); err != nil {
		t.Error(err)
	}
	if err := <-hour; err != nil {
		t.Error(err)
	}
}

func TestCloseWritesThePatient(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	const calls = 3
	for n := range calls {
		begin(t, db, call(n))
	}
	wait := patient(t, db, time.Hour, calls)
	until(t, "all endings", func() bool { return db.Waiting() == calls })
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	wait()
	if counts, err := open(t, sqlite.Config{Path: p}).Counts(t.Context()); err != nil || counts.Open != 0 {
		t.Errorf("counts %+v, %v; want none open", counts, err)
	}
}

func TestNothingIsAcknowledgedBeforeTheCommit(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1))

	first := db.Hold(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := db.End(t.Context(), message(1))
		ended <- err
	}()
	until(t, "the ending to wait", func() bool { return db.Waiting() == 1 })
	held := make(chan func())
	go func() { held <- db.Hold(t.Context()) }()
	until(t, "the second hold to wait", func() bool { return db.Waiting() == 2 })
	first()
	second := <-held // the ending is written, and the transaction waits before its commit

	select {
	case err := <-ended:
		t.Errorf("acknowledged before the commit: %v", err)
	default:
	}
	if row := find(t, db, id(1)); row.Closing != nil {
		t.Error("the ending is visible before the commit")
	}
	second()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if row := find(t, db, id(1)); row.Closing == nil {
		t.Error("the ending was acknowledged and is not visible")
	}
}

func TestABadRequestLeavesNothing(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1))
	unmeasured := message(1) // fails in its third statement
	unmeasured.Voice.Measure.PeakDBFS = math.NaN()
	if _, err := db.End(t.Context(), unmeasured); !errors.Is(err, sqlite.ErrInvalid) {
		t.Errorf("%v, want ErrInvalid", err)
	}
	if row := find(t, db, id(1)); row.Closing != nil {
		t.Errorf("the call has ended: %+v", row.Closing)
	}
	if s := end(t, db, message(1)); s == nil || s.Status != petition.StatusCounted {
		t.Errorf("signature %+v; want one that counts", s)
	}
}

func TestABadRequestFailsAlone(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1), call(2), call(3), call(4))
	end(t, db, hungUp(4))

	unmeasured := message(2) // fails in its third statement
	unmeasured.Voice.Measure.PeakDBFS = math.NaN()
	requests := []struct {
		do   func() error
		want error
	}{
		{func() error { _, err := db.End(t.Context(), message(1)); return err }, nil},
		{func() error { _, err := db.End(t.Context(), unmeasured); return err }, sqlite.ErrInvalid},
		{func() error { _, err := db.End(t.Context(), message(9)); return err }, sqlite.ErrNotBegun},
		{func() error { _, err := db.End(t.Context(), message(4)); return err }, sqlite.ErrAlreadyEnded},
		{func() error { c := call(8); c.ID = "8"; return db.Begin(t.Context(), c) }, sqlite.ErrInvalid},
		{func() error { _, err := db.End(t.Context(), message(3)); return err }, nil},
		{func() error { return db.Begin(t.Context(), call(5)) }, nil},
	}
	release := db.Hold(t.Context())
	errs := make([]error, len(requests))
	var wg sync.WaitGroup
	for i, r := range requests {
		wg.Go(func() { errs[i] = r.do() })
		until(t, "the request", func() bool { return db.Waiting() == i+1 }) // so that all are in one transaction, in this order
	}
	release()
	wg.Wait()
	for i, r := range requests {
		if !errors.Is(errs[i], r.want) {
			t.Errorf("request %d: error = %v, want %v", i, errs[i], r.want)
		}
	}
	var open []string
	for _, row := range list(t, db, sqlite.Filter{}) {
		if row.Closing == nil {
			open = append(open, row.Call.ID)
		}
	}
	if diff := cmp.Diff([]string{id(2), id(5)}, open); diff != "" {
		t.Errorf("open calls (-want +got):\n%s", diff)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestACommitThatFailsFailsAll(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1))
	if err := db.FailCommits(true); err != nil {
		t.Fatal(err)
	}
	for what, err := range asked(t.Context(), db, 1) {
		if !errors.Is(err, sqlite.ErrUnavailable) || !errors.Is(err, sqlite.ErrIO) {
			t.Errorf("%s: error = %v, want ErrUnavailable, ErrIO", what, err)
		}
	}
	if diff := cmp.Diff([]sqlite.CallRow{{Call: call(1)}}, list(t, db, sqlite.Filter{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := db.FailCommits(false); err != nil {
		t.Fatal(err)
	}
	for what, err := range asked(t.Context(), db, 1) {
		if err != nil {
			t.Errorf("%s afterwards: %v", what, err)
		}
	}
}

func TestGivingUpWhileWaiting(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	release := db.Hold(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan error, 1)
	go func() { begun <- db.Begin(ctx, call(1)) }()
	until(t, "the request", func() bool { return db.Waiting() == 1 })
	cancel()
	if err := <-begun; !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
	release()
	begin(t, db, call(2)) // comes after the other
	if rows := list(t, db, sqlite.Filter{}); len(rows) != 1 || rows[0].Call.ID != id(2) {
		t.Errorf("rows %+v, want call 2 alone: nobody waited for call 1", rows)
	}
}

func TestGivingUpWhileItIsWritten(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	first := db.Hold(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan error, 1)
	go func() { begun <- db.Begin(ctx, call(1)) }()
	until(t, "the request", func() bool { return db.Waiting() == 1 })
	held := make(chan func())
	go func() { held <- db.Hold(t.Context()) }()
	until(t, "the second hold", func() bool { return db.Waiting() == 2 })
	first()
	second := <-held
	cancel()
	if err := <-begun; !errors.Is(err, context.Canceled) || errors.Is(err, sqlite.ErrUnavailable) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
	second()
	begin(t, db, call(1)) // asking again does no harm
	if diff := cmp.Diff([]sqlite.CallRow{{Call: call(1)}}, list(t, db, sqlite.Filter{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestACancelledContextAsksForNothing(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, err := range asked(ctx, db, 1) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error = %v, want context.Canceled", what, err)
		}
	}
	if rows := list(t, db, sqlite.Filter{}); rows != nil {
		t.Errorf("rows %+v, want none", rows)
	}
}

// Callers that come, give up and ask again, all at once, leave each call once
// and whole.
func TestCallersThatGiveUpAndAskAgain(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	const calls, tries = 150, 20
	var wg sync.WaitGroup
	for n := range calls {
		wg.Go(func() {
			for try := range tries {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(try*n)*time.Microsecond)
				_, _ = db.Settle(ctx, call(n), message(n))
				cancel()
			}
			if got, err := db.Settle(t.Context(), call(n), message(n)); err != nil || got == nil {
				t.Errorf("Settle = %+v, %v", got, err)
			}
		})
	}
	wg.Wait()
	rows := list(t, db, sqlite.Filter{})
	if len(rows) != calls {
		t.Fatalf("%d calls, want %d", len(rows), calls)
	}
	for n, row := range rows {
		closing := message(n)
		if diff := cmp.Diff(sqlite.CallRow{Call: call(n), Closing: &closing, Signature: signature(n)}, row); diff != "" {
			t.Fatalf("call %d (-want +got):\n%s", n, diff)
		}
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCloseWritesWhatWasAskedFor(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	release := db.Hold(t.Context())
	begun := make(chan error, 1)
	go func() { begun <- db.Begin(t.Context(), call(1)) }()
	until(t, "the request", func() bool { return db.Waiting() == 1 })
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	until(t, "the closing", db.Closing)
	release()
	if err := <-begun; err != nil {
		t.Error(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	again := open(t, sqlite.Config{Path: p})
	if rows := list(t, again, sqlite.Filter{}); len(rows) != 1 || rows[0].Call.ID != id(1) {
		t.Errorf("rows %+v, want call 1", rows)
	}
}
