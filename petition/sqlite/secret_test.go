package sqlite_test

import (
	"errors"
	"strings"
	"testing"

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
