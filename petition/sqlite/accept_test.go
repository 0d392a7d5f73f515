package sqlite_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

func TestAccept(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	ctx := t.Context()
	for n := 1; n <= 5; n++ {
		if _, err := db.Settle(ctx, call(n), message(n)); err != nil {
			t.Fatal(err)
		}
	}
	begin(t, db, call(6))
	end(t, db, hungUp(6))
	decide := func(status petition.Status, ids ...string) int64 {
		t.Helper()
		run, err := db.Decide(ctx, sqlite.Decision{IDs: ids, Status: status, Reason: "why", Actor: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	decide(petition.StatusReview, id(5))
	accepted := func() []string {
		t.Helper()
		set, err := db.Accepted(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Sorted(maps.Keys(set))
	}
	accept := func(ids ...string) int64 {
		t.Helper()
		run, err := db.Accept(ctx, ids, "alice")
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	expect := func(ids ...string) {
		t.Helper()
		if diff := cmp.Diff(ids, accepted()); diff != "" {
			t.Fatalf("accepted (-want +got):\n%s", diff)
		}
	}

	first := accept(id(1), id(2), id(3))
	expect(id(1), id(2), id(3))
	// All or none.
	for _, tt := range []struct {
		ids  []string
		want error
	}{
		{[]string{id(4), id(5)}, sqlite.ErrNotCounted},
		{[]string{id(4), id(1)}, sqlite.ErrAccepted},
		{[]string{id(4), id(6)}, sqlite.ErrNoSignature},
		{[]string{id(4), id(9)}, sqlite.ErrNoSignature},
	} {
		if run, err := db.Accept(ctx, tt.ids, "alice"); run != 0 || !errors.Is(err, tt.want) {
			t.Errorf("%q: run %d, %v; want %v", tt.ids, run, err, tt.want)
		}
	}
	expect(id(1), id(2), id(3))

	// Void for good: the status that is taken back does not bring it back.
	for _, status := range []petition.Status{petition.StatusConfidential, petition.StatusRejected, petition.StatusWithdrawn, petition.StatusTest} {
		run := decide(status, id(3))
		expect(id(1), id(2))
		if !sqlite.VoidsAcceptance(status) {
			t.Errorf("%s: the rebuild would think otherwise", status)
		}
		if _, err := db.Undo(ctx, run, "bob", ""); err != nil {
			t.Fatal(err)
		}
		expect(id(1), id(2))
		accept(id(3))
	}
	// A doubt does not take it away; the handover looks at the status too.
	doubt := decide(petition.StatusReview, id(3))
	expect(id(1), id(2), id(3))
	if _, err := db.Undo(ctx, doubt, "bob", ""); err != nil {
		t.Fatal(err)
	}

	// What was copied meanwhile and may not leave any more.
	out := decide(petition.StatusConfidential, id(4))
	if barred, err := db.Barred(ctx, []string{id(1), id(4), id(6)}); err != nil || !slices.Equal(barred, []string{id(4), id(6)}) {
		t.Errorf("barred %q, %v", barred, err)
	}
	if _, err := db.Undo(ctx, out, "bob", ""); err != nil {
		t.Fatal(err)
	}

	// Erased: nothing of it is left.
	if err := db.Forget(ctx, id(2), "alice"); err != nil {
		t.Fatal(err)
	}
	expect(id(1), id(3))

	// A run as a whole, but for what was accepted by another since.
	if n, err := db.UndoAccept(ctx, first, "bob"); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	expect(id(3))
	if _, err := db.UndoAccept(ctx, first, "bob"); !errors.Is(err, sqlite.ErrUndone) {
		t.Error(err)
	}
	if _, err := db.Undo(ctx, first, "bob", ""); !errors.Is(err, sqlite.ErrNoRun) {
		t.Error(err)
	}
	accept(id(1))
	expect(id(1), id(3))
	figure, _, err := db.VerifyFigure(ctx)
	if err != nil || figure.Counted != 3 {
		t.Error(figure, err)
	}
}
