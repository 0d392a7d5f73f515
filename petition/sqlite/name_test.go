package sqlite_test

import (
	"errors"
	"testing"
	"time"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// texts are the free texts of the audit chain that are kept.
func texts(t *testing.T, db *sqlite.DB) (all []string) {
	t.Helper()
	err := db.AuditSince(t.Context(), 0, func(e petition.AuditEntry, salt, free string) error {
		if salt != "" && petition.TextSum(salt, free) != e.TextHash {
			t.Errorf("%+v does not hold %q", e, free)
		}
		if salt != "" {
			all = append(all, free)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSetName(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	settle(t, db, call(1), message(1))
	settle(t, db, call(2), message(2))
	begin(t, db, call(3))
	set := func(n int, name string, want bool) {
		t.Helper()
		if changed, err := db.SetName(t.Context(), id(n), name, "alice"); err != nil || changed != want {
			t.Fatalf("changed %v, %v; want %v", changed, err, want)
		}
		if got := find(t, db, id(n)).Signature.TypedName; got != name {
			t.Fatalf("name %q, want %q", got, name)
		}
	}
	set(1, "Jeanne Dubois", true)
	set(1, "Jeanne Dubois", false)
	set(2, "Piet Peeters", true)
	set(1, "Jeanne Dubosc", true)
	if got := texts(t, db); len(got) != 2 || got[0] != "Piet Peeters" || got[1] != "Jeanne Dubosc" {
		t.Errorf("texts %q: what was mistyped stays", got)
	}
	set(1, "", true)
	set(1, "", false)
	if got := texts(t, db); len(got) != 1 || got[0] != "Piet Peeters" {
		t.Errorf("texts %q: what was removed stays", got)
	}
	for _, n := range []int{3, 4} {
		if _, err := db.SetName(t.Context(), id(n), "Nobody", "alice"); !errors.Is(err, sqlite.ErrNoSignature) {
			t.Errorf("of call %d: %v, want ErrNoSignature", n, err)
		}
	}
}

// When what tells who it was is due, a name is gone wherever it stood.
func TestPurgeCallIDsRemovesNames(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	settle(t, db, call(1), message(1))
	if _, err := db.SetName(t.Context(), id(1), "Jeanne Dubois", "alice"); err != nil {
		t.Fatal(err)
	}
	later := call(1).StartedAt.Add(time.Second)
	if err := db.PurgeCallIDs(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if got := find(t, db, id(1)).Signature.TypedName; got != "" {
		t.Errorf("name %q", got)
	}
	if err := sqlite.Scour(t.Context(), p, nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	if names := left(t, p, "Dubois"); names != nil {
		t.Errorf("left in %v", names)
	}
	if n, err := db.DueCallIDs(t.Context(), later); n != 0 || err != nil {
		t.Errorf("%d are due still, %v", n, err)
	}
}

// A name of somebody else, or in a text about something else, is no residue.
func TestScourKnowsNamesThatOthersHave(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	for n := 1; n <= 3; n++ {
		settle(t, db, call(n), message(n))
		if _, err := db.SetName(t.Context(), id(n), []string{"Jeanne Dubois", "Jeanne Dubois-Peeters", "Piet Peeters"}[n-1], "alice"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Decide(t.Context(), sqlite.Decision{IDs: []string{id(2)}, Status: petition.StatusReview, Reason: "like Piet Peeters", Actor: "alice"}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 3} {
		if err := db.Forget(t.Context(), id(n), "alice"); err != nil {
			t.Fatal(err)
		}
	}
	if err := sqlite.Scour(t.Context(), db.Path(), [][]byte{[]byte("Jeanne Dubois"), []byte("Piet Peeters")}, time.Second); err != nil {
		t.Error(err)
	}
}
