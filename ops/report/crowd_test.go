package report_test

import (
	"path/filepath"
	"testing"
	"time"

	"glennline/internal/crowd"
	"glennline/petition/sqlite"
)

var brussels = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		panic(err)
	}
	return zone
}()

// launch is the evening on which a crowd begins to call.
var launch = time.Date(2024, 11, 18, 18, 55, 0, 0, brussels)

// called makes the ledger of a crowd.
func called(tb testing.TB, path string, counted int, seed uint64) {
	tb.Helper()
	if err := crowd.Make(tb.Context(), path, crowd.Config{Launch: launch, Until: launch.AddDate(0, 0, 10), Counted: counted, Seed: seed}); err != nil {
		tb.Fatal(err)
	}
}

// ledger opens the database of a folder to read from it.
func ledger(tb testing.TB, path string) *sqlite.DB {
	tb.Helper()
	db, err := sqlite.Open(tb.Context(), sqlite.Config{Path: path, ReadOnly: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func databasePath(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "glennline.db")
}
