package sqlite

import (
	"context"
	"fmt"
	"strings"
)

// AmbiguousError is what ErrAmbiguous comes as.
type AmbiguousError struct {
	Prefix string
	IDs    []string // the first that match, in order, at most 5
	More   bool     // there are others
}

func (e *AmbiguousError) Error() string {
	ids := strings.Join(e.IDs, ", ")
	if e.More {
		ids += ", …"
	}
	return fmt.Sprintf("%v %q: %s; give more of the id", ErrAmbiguous, e.Prefix, ids)
}

// Unwrap makes errors.Is find ErrAmbiguous.
func (e *AmbiguousError) Unwrap() error { return ErrAmbiguous }

// maxNamed is how many calls an AmbiguousError names.
const maxNamed = 5

// byPrefix has the bounds of the primary key and no pattern: ids are digits and
// capitals, and ~ sorts after both.
const byPrefix = selectCalls + `
WHERE c.id >= ?1
AND c.id <= ?1 || '~'
ORDER BY c.id
LIMIT ?2`

// Call finds a call by its id or by the beginning of it, in capitals or not. If
// there is none it is ErrNotFound, if there are several ErrAmbiguous, as an
// AmbiguousError.
func (db *DB) Call(ctx context.Context, id string) (CallRow, error) {
	prefix := strings.ToUpper(strings.TrimSpace(id))
	if prefix == "" || strings.Trim(prefix, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
		return CallRow{}, fmt.Errorf("call %q: an id is 26 digits and capitals, or the first of them: %w", id, ErrNotFound)
	}
	rows, err := db.readers.QueryContext(ctx, byPrefix, prefix, maxNamed+1)
	if err != nil {
		return CallRow{}, db.failed("find call", err)
	}
	defer rows.Close()
	var found []CallRow
	for rows.Next() {
		row, err := scanCall(rows.Scan)
		if err != nil {
			return CallRow{}, db.failed("find call", err)
		}
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		return CallRow{}, db.failed("find call", err)
	}
	switch len(found) {
	case 0:
		return CallRow{}, fmt.Errorf("call %q: list the calls to see their ids: %w", id, ErrNotFound)
	case 1:
		return found[0], nil
	}
	e := &AmbiguousError{Prefix: prefix, More: len(found) > maxNamed}
	for _, row := range found[:min(len(found), maxNamed)] {
		e.IDs = append(e.IDs, row.Call.ID)
	}
	return CallRow{}, e
}
