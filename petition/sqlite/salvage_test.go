package sqlite_test

import (
	"errors"
	"testing"

	"glennline/petition/sqlite"
)

// What a damaged page says may be the last id that there can be.
func TestTheLastIDIsSalvaged(t *testing.T) {
	name := path(t)
	db := open(t, sqlite.Config{Path: name})
	last := call(2)
	last.ID = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
	begin(t, db, call(1), last)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wreck, err := sqlite.OpenWreck(name)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	err = wreck.Salvage(t.Context(), func(s sqlite.Salvaged) error {
		found = append(found, s.Call.ID)
		return nil
	})
	if err := errors.Join(err, wreck.Close()); err != nil || len(found) != 2 || found[1] != last.ID || wreck.Gaps() > 0 {
		t.Errorf("%v, %v, %d gaps", found, err, wreck.Gaps())
	}
}
