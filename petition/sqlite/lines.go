package sqlite

import (
	"context"
)

// Lines are the names of the lines on which calls came, sorted. It reads every
// call.
func (db *DB) Lines(ctx context.Context) (names []string, err error) {
	rows, err := db.readers.QueryContext(ctx, `SELECT DISTINCT line FROM calls WHERE line <> '' ORDER BY line`)
	if err == nil {
		names, err = scanIDs(rows, nil)
	}
	if err != nil {
		return nil, db.failed("list lines", err)
	}
	return names, nil
}

// HasLine is whether a call came on the line.
func (db *DB) HasLine(ctx context.Context, name string) (has bool, err error) {
	err = db.readers.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM calls WHERE line = ?)`, name).Scan(&has)
	if err != nil {
		return false, db.failed("find line", err)
	}
	return has, nil
}
