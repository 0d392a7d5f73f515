package sqlite_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

func TestDecideIsRefusedAsAWhole(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1), call(2), call(3))
	end(t, db, message(1))
	end(t, db, message(2))
	end(t, db, hungUp(3))
	decide := func(status petition.Status, ids ...string) (int64, error) {
		return db.Decide(t.Context(), sqlite.Decision{IDs: ids, Status: status, Reason: "why", Actor: "alice"})
	}
	if run, err := decide(petition.StatusWithdrawn, id(2)); err != nil || run != 1 {
		t.Fatal(run, err)
	}
	before := list(t, db, sqlite.Filter{})
	for _, tt := range []struct {
		ids  []string
		want error
	}{
		{[]string{id(1), id(2)}, petition.ErrTransition},
		{[]string{id(1), id(3)}, sqlite.ErrNoSignature},
		{[]string{id(1), id(9)}, sqlite.ErrNoSignature},
	} {
		if run, err := decide(petition.StatusRejected, tt.ids...); run != 0 || !errors.Is(err, tt.want) {
			t.Errorf("%q: run %d, %v; want %v", tt.ids, run, err, tt.want)
		}
	}
	if diff := cmp.Diff(before, list(t, db, sqlite.Filter{})); diff != "" {
		t.Errorf("refused decisions changed something (-before +after):\n%s", diff)
	}
	got := find(t, db, id(2)).Signature
	want := &petition.Signature{
		ID: id(2), Status: petition.StatusWithdrawn, StatusReason: "decided",
		Actor: "alice", ChangedAt: clock(), CreatedAt: clock(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Commands and the service write to the same file, and no call's commit waits
// until it is given up.
func TestDecisionsBesideTheService(t *testing.T) {
	p := path(t)
	service := open(t, sqlite.Config{Path: p})
	const calls = 400
	var ids []string
	for n := range calls {
		if _, err := service.Settle(t.Context(), call(n), message(n)); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id(n))
	}
	command := open(t, sqlite.Config{Path: p, BusyTimeout: 10 * time.Second})
	done := make(chan error, 1)
	go func() {
		run, err := command.Decide(t.Context(), sqlite.Decision{IDs: ids[:200], Status: petition.StatusTest, Reason: "before the start", Actor: "alice"})
		if err == nil {
			_, err = command.Freeze(t.Context(), time.Time{}, "alice")
		}
		if err == nil {
			_, err = command.Undo(t.Context(), run, "bob", "")
		}
		if err == nil {
			_, _, err = command.Dedupe(t.Context(), "alice")
		}
		done <- err
	}()
	settled := 0
	for n, busy := calls, true; busy || settled < 50; n++ {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			busy = false
		default:
		}
		if _, err := service.Settle(t.Context(), call(n), message(n)); err != nil {
			t.Fatalf("after %d: %v", settled, err)
		}
		settled++
	}
	kept, counted, err := service.VerifyFigure(t.Context())
	if err != nil || kept.Counted != calls+settled {
		t.Errorf("%+v, counted %+v, %v; want %d counted", kept, counted, err, calls+settled)
	}
}

// The figure of a moment is fixed once, whoever asks again and whatever changed.
func TestFreezeOnce(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t), Now: clock})
	begin(t, db, call(1), call(2))
	end(t, db, message(1))
	end(t, db, message(2))
	at := call(2).StartedAt
	first, err := db.Freeze(t.Context(), at, "alice")
	if err != nil {
		t.Fatal(err)
	}
	want := petition.Figure{Calls: 1, Messages: 1, Counted: 1, Lines: 1}
	if first.Figure != want || !first.New || first.Entry.Actor != "alice" || first.Head != petition.AuditStart {
		t.Errorf("%+v, want %+v", first, want)
	}
	if _, err := db.Decide(t.Context(), sqlite.Decision{IDs: []string{id(1)}, Status: petition.StatusRejected, Reason: "x", Actor: "bob"}); err != nil {
		t.Fatal(err)
	}
	again, err := db.Freeze(t.Context(), at.In(time.FixedZone("CET", 3600)), "bob")
	if err != nil || again.New || again.Figure != want || again.Entry.Seq != first.Entry.Seq {
		t.Errorf("again %+v, %v; want what was fixed", again, err)
	}
	now, err := db.Freeze(t.Context(), time.Time{}, "bob")
	if err != nil || now.Figure != (petition.Figure{Calls: 2, Messages: 2, Counted: 1, Lines: 1, Rejected: 1}) || !now.At.Equal(clock()) {
		t.Errorf("now %+v, %v", now, err)
	}
}

// What the chain holds cannot be changed by what this program, or another that
// keeps to the schema, does.
func TestTheChainIsAppendOnly(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	if err := db.Audit(t.Context(), petition.AuditEntry{Actor: "alice", Kind: petition.AuditPlay, Subject: "s"}, ""); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{`UPDATE audit SET actor = 'bob' RETURNING actor`, `DELETE FROM audit RETURNING actor`} {
		if _, err := db.Pragma(t.Context(), query); err == nil {
			t.Errorf("%s was done", query)
		}
	}
}

// Whoever is told of entries finds them in the database.
func TestAuditedComesAfterTheCommit(t *testing.T) {
	p := path(t)
	told := make(chan struct{}, 1)
	db := open(t, sqlite.Config{Path: p, Audited: func() { told <- struct{}{} }})
	begin(t, db, call(1))
	end(t, db, message(1))
	select {
	case <-told:
		t.Error("told of a first verdict, which is no entry")
	default:
	}
	if err := db.Doubt(t.Context(), id(1), "missing"); err != nil {
		t.Fatal(err)
	}
	<-told
	other := open(t, sqlite.Config{Path: p, ReadOnly: true})
	var entries []petition.AuditEntry
	if err := other.AuditSince(t.Context(), 0, func(e petition.AuditEntry, _, _ string) error {
		entries = append(entries, e)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Actor != petition.ActorRule || entries[0].Subject != id(1) ||
		!cmp.Equal(entries[0].Detail, map[string]string{"from": "counted", "to": "review", "why": "missing"}) {
		t.Errorf("entries %+v", entries)
	}
}
