package backup_test

import (
	"path/filepath"
	"testing"

	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

// journalled leaves the ending of call n in the journal alone, and its
// recording in the archive.
func journalled(t *testing.T, l *line, n int) {
	t.Helper()
	closing, err := l.record(t.Context(), n)
	must(t, err)
	j, err := journal.Open(l.dir.Journal())
	must(t, err)
	must(t, j.Append(t.Context(), journal.Entry{Settle: &journal.Settlement{Call: l.call(n), Closing: closing}}))
	must(t, j.Close())
}

func openRestored(t *testing.T, to string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(to, "glennline.db"), ReadOnly: true})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}
