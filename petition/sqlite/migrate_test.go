package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// older makes a database as the first version with a witness left it.
func older(t *testing.T, statements ...string) string {
	t.Helper()
	p := path(t)
	all := []string{
		`CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')))`,
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1), (1, 1), (2, 1)`,
	}
	for _, name := range []string{"00001_ledger.sql", "00002_witness.sql"} {
		text, err := os.ReadFile("migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.ReplaceAll(string(text), "-- +goose Up", ""))
	}
	if err := os.WriteFile(p, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	execute(t, p, append(all, statements...)...)
	return p
}

// Signatures of before are counted as they stood, and dedupe brings them under
// the rule, once.
func TestMigratesSignaturesThatWereNeverCompared(t *testing.T) {
	var statements []string
	for n, status := range []string{"'counted', 'voice'", "'counted', 'voice'", "'review', 'missing'", "'review', 'faint'", "'blank', 'no_voice'"} {
		statements = append(statements,
			fmt.Sprintf(`INSERT INTO calls VALUES ('%s', 'pbx', '%d', '', 'main', '', %d, 'mobile', '%s', 'key', 1, 2, 'message', 'caller')`, id(n), n, n, pseudonym),
			fmt.Sprintf(`INSERT INTO voices VALUES ('%s', '%d', '%064d', '%064d', 4, 2, -20, -6, 0, 0)`, id(n), n, n, n),
			fmt.Sprintf(`INSERT INTO signatures VALUES ('%s', %s, 7)`, id(n), status))
	}
	for n, class := range map[int]string{5: "withheld", 6: "unknown", 7: "mobile"} { // the last one's number was not kept
		statements = append(statements,
			fmt.Sprintf(`INSERT INTO calls VALUES ('%s', 'pbx', '%d', '', 'main', '', %d, '%s', NULL, NULL, 1, 2, 'message', 'caller')`, id(n), n, n, class),
			fmt.Sprintf(`INSERT INTO voices VALUES ('%s', '%d', '%064d', '%064d', 4, 2, -20, -6, 0, 0)`, id(n), n, n, n),
			fmt.Sprintf(`INSERT INTO signatures VALUES ('%s', 'counted', 'voice', 7)`, id(n)))
	}
	db := open(t, sqlite.Config{Path: older(t, statements...)})
	kept, counted, err := db.VerifyFigure(t.Context())
	if want := (petition.Figure{Calls: 8, Messages: 8, Counted: 5, Lines: 1, Withheld: 1, Unknown: 2, Blank: 1, Review: 2}); err != nil || kept != want {
		t.Errorf("%+v, %+v, %v; want %+v", kept, counted, err, want)
	}
	if run, changed, err := db.Dedupe(t.Context(), "alice"); run != 1 || changed != 1 || err != nil {
		t.Errorf("run %d, %d changed, %v; want run 1 and 1", run, changed, err)
	}
	want := map[string]petition.Verdict{
		id(0): {Status: "counted", Reason: "voice"},
		id(1): {Status: "duplicate", Reason: "same_mobile", Of: id(0)},
		id(2): {Status: "review", Reason: "missing"},
		id(3): {Status: "review", Reason: "faint"},
		id(4): {Status: "blank", Reason: "no_voice"},
		id(5): {Status: "counted", Reason: "voice"},
		id(6): {Status: "counted", Reason: "voice"},
		id(7): {Status: "counted", Reason: "voice"},
	}
	if diff := cmp.Diff(want, verdicts(t, db)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if run, changed, err := db.Dedupe(t.Context(), "alice"); run != 0 || changed != 0 || err != nil {
		t.Errorf("again: run %d, %d changed, %v; want none", run, changed, err)
	}
	if _, _, err := db.VerifyFigure(t.Context()); err != nil {
		t.Error(err)
	}
}

// A migration that was written at the same time as a later one, and arrives
// after it, is applied all the same.
func TestMigratesWhatArrivesLate(t *testing.T) {
	p := made(t, 1)
	execute(t, p,
		`DROP TABLE purged_witness`, `DROP TABLE alerts`,
		`DROP TRIGGER confidential_is_told`, `DROP TRIGGER confidential_is_told_later`,
		`ALTER TABLE calls DROP COLUMN erased_at`, `ALTER TABLE voices DROP COLUMN purged_at`, `ALTER TABLE secrets DROP COLUMN destroyed_at`,
		`DELETE FROM goose_db_version WHERE version_id = 6`,
		`INSERT INTO goose_db_version (version_id, is_applied) SELECT 5, 1 WHERE NOT EXISTS (SELECT 1 FROM goose_db_version WHERE version_id = 5)`)
	if _, err := sqlite.Open(t.Context(), sqlite.Config{Path: p, ReadOnly: true}); !errors.Is(err, sqlite.ErrOlderSchema) {
		t.Errorf("read-only: %v, want ErrOlderSchema", err)
	}
	db := open(t, sqlite.Config{Path: p})
	if _, err := db.NotErased(t.Context(), []string{id(1)}); err != nil {
		t.Error(err)
	}
}

// Calls are counted when they end, those that were open when that began too.
func TestMigratesCallsThatAreOpen(t *testing.T) {
	db := open(t, sqlite.Config{Path: older(t,
		fmt.Sprintf(`INSERT INTO calls VALUES ('%s', 'pbx', '1', '', 'main', '', 1, 'mobile', NULL, NULL, NULL, NULL, NULL, NULL)`, id(1)),
		fmt.Sprintf(`INSERT INTO calls VALUES ('%s', 'pbx', '2', '', 'main', '', 2, 'mobile', NULL, NULL, 1, 2, 'hung_up', 'caller')`, id(2)))})
	for _, change := range []func(){
		func() {},
		func() { end(t, db, hungUp(1)) },
		func() { begin(t, db, call(3)) },
		func() { end(t, db, message(3)) },
	} {
		change()
		if kept, counted, err := db.VerifyFigure(t.Context()); err != nil || kept.Calls < 2 {
			t.Errorf("kept %+v, counted %+v, %v", kept, counted, err)
		}
	}
}
