package sqlite_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

func TestTheFirstSecretStays(t *testing.T) {
	const otherID, otherCheck = "0011223344556677", "7b446318e860b92075e6b31d0b402c3b4dbc883ae22f2d30e833a0a9d756a556"
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	if got, err := db.SecretID(t.Context()); err != nil || got != "" {
		t.Errorf("SecretID = %q, %v; want none", got, err)
	}
	for range 2 {
		if err := db.BindSecret(t.Context(), keyID, pseudonym); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = open(t, sqlite.Config{Path: p})
	for _, other := range []struct{ id, check string }{
		{otherID, otherCheck},
		{keyID, otherCheck}, // the id alone proves nothing
		{otherID, pseudonym},
	} {
		err := db.BindSecret(t.Context(), other.id, other.check)
		if !errors.Is(err, sqlite.ErrOtherSecret) {
			t.Fatalf("error = %v, want ErrOtherSecret", err)
		}
		for _, want := range []string{p, keyID, other.id, "put the file of the former back"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q does not say %q", err, want)
			}
		}
	}
	if err := db.BindSecret(t.Context(), keyID, pseudonym); err != nil {
		t.Errorf("the first secret: %v", err)
	}
	if got, err := db.SecretID(t.Context()); err != nil || got != keyID {
		t.Errorf("SecretID = %q, %v; want %q", got, err, keyID)
	}
	command := open(t, sqlite.Config{Path: p, ReadOnly: true})
	if got, err := command.SecretID(t.Context()); err != nil || got != keyID {
		t.Errorf("SecretID read-only = %q, %v; want %q", got, err, keyID)
	}
}

func TestSecretsRotate(t *testing.T) {
	a, b := sqlite.Key{ID: keyID, Check: pseudonym}, sqlite.Key{ID: "0011223344556677", Check: pseudonymOf(2)}
	now := clock()
	db := open(t, sqlite.Config{Path: path(t), Now: func() time.Time { now = now.Add(time.Second); return now }})
	bind := func(current sqlite.Key, kept ...sqlite.Key) error {
		return db.BindSecrets(t.Context(), current, kept...)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(bind(a))
	must(db.Rotate(t.Context(), b, "anna"))
	must(bind(b, a))
	if id, err := db.SecretID(t.Context()); err != nil || id != b.ID {
		t.Errorf("in force is %q, %v; want %q", id, err, b.ID)
	}
	if err := bind(b); !errors.Is(err, sqlite.ErrOtherSecret) || !strings.Contains(err.Error(), a.ID) || !strings.Contains(err.Error(), "secret destroy "+a.ID) {
		t.Errorf("with the former missing: %v, want ErrOtherSecret that names it", err)
	}
	must(db.DestroySecret(t.Context(), a.ID, "anna"))
	must(db.DestroySecret(t.Context(), a.ID, "anna"))
	must(bind(b))
	must(bind(b, a)) // its file is still there
	if err := bind(a, b); !errors.Is(err, sqlite.ErrOtherSecret) || !strings.Contains(err.Error(), "was destroyed on") {
		t.Errorf("a destroyed one in force: %v, want ErrOtherSecret", err)
	}
	must(db.DestroySecret(t.Context(), b.ID, "anna"))
	c := sqlite.Key{ID: "8899aabbccddeeff", Check: pseudonymOf(3)}
	must(bind(c)) // a new beginning
	keys, err := db.Keys(t.Context())
	if err != nil || len(keys) != 3 || keys[0].DestroyedAt.IsZero() || !keys[2].DestroyedAt.IsZero() {
		t.Errorf("%+v, %v", keys, err)
	}
	var did []string
	must(db.AuditSince(t.Context(), 0, func(e petition.AuditEntry, _, _ string) error {
		did = append(did, e.Detail["do"])
		return nil
	}))
	if strings.Join(did, " ") != "rotate destroy destroy" {
		t.Errorf("the audit chain has %q", did)
	}

	// A backup from before the rotation, with the files of after; and a clock that stands still.
	db = open(t, sqlite.Config{Path: path(t)})
	must(bind(a))
	must(bind(b, a))
	if id, err := db.SecretID(t.Context()); err != nil || id != b.ID {
		t.Errorf("in force is %q, %v; want %q", id, err, b.ID)
	}
}

// Whoever signed under a former secret is known again, whatever was known of the
// same number under both.
func TestRekey(t *testing.T) {
	former := strings.Repeat("f", 64)
	from := func(n int, pseudonym, key, before string) petition.Call {
		c := call(n)
		c.Caller = petition.Caller{Class: petition.ClassMobile, Pseudonym: pseudonym, KeyID: key, Former: before}
		return c
	}
	db := open(t, sqlite.Config{Path: path(t)})
	take := func(c petition.Call, n int) string {
		t.Helper()
		s, err := db.Settle(t.Context(), c, message(n))
		if err != nil {
			t.Fatal(err)
		}
		return string(s.Status) + " " + s.DuplicateOf
	}
	if got := take(from(2, former, "old", ""), 2); got != "counted " {
		t.Errorf("the first under the former: %s", got)
	}
	if got := take(from(4, pseudonym, keyID, ""), 4); got != "counted " { // by a process that did not know of it
		t.Errorf("the second under the new one: %s", got)
	}
	if got := take(from(3, pseudonym, keyID, former+" "+strings.Repeat("e", 64)), 3); got != "duplicate "+id(2) {
		t.Errorf("the third, with both: %s", got)
	}
	want := map[string]petition.Verdict{
		id(2): {Status: "counted", Reason: "voice"},
		id(3): {Status: "duplicate", Reason: "same_mobile", Of: id(2)},
		id(4): {Status: "duplicate", Reason: "same_mobile", Of: id(2)},
	}
	if diff := cmp.Diff(want, verdicts(t, db)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if kept, _, err := db.VerifyFigure(t.Context()); err != nil || kept.Lines != 1 || kept.Counted != 1 {
		t.Errorf("%+v, %v", kept, err)
	}
	for n := 2; n <= 4; n++ {
		row, err := db.Call(t.Context(), id(n))
		if err != nil || row.Call.Caller.Pseudonym != pseudonym || row.Call.Caller.KeyID != keyID {
			t.Errorf("call %d: %+v, %v", n, row.Call.Caller, err)
		}
	}
	// Whoever hangs up before the notice's end leaves no pseudonym, and changes nobody's.
	early := from(5, pseudonymOf(5), keyID, pseudonym)
	if _, err := db.Settle(t.Context(), early, hungUp(5)); err != nil {
		t.Fatal(err)
	}
	if row, err := db.Call(t.Context(), id(2)); err != nil || row.Call.Caller.Pseudonym != pseudonym {
		t.Errorf("%+v, %v", row.Call.Caller, err)
	}
}
