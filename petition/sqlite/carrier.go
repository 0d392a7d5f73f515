package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

const sipCallIDs = `
SELECT sip_call_id
FROM calls
WHERE sip_call_id <> ''
ORDER BY id`

// SIPCallIDs gives the SIP Call-ID of every call that has one.
func (db *DB) SIPCallIDs(ctx context.Context, found func(sipCallID string)) error {
	rows, err := db.readers.QueryContext(ctx, sipCallIDs)
	if err != nil {
		return db.failed("find calls", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return db.failed("find calls", err)
		}
		found(id)
	}
	if err := rows.Err(); err != nil {
		return db.failed("find calls", err)
	}
	return nil
}

func (db *DB) exists(ctx context.Context, query string, args ...any) (bool, error) {
	var one int
	err := db.readers.QueryRowContext(ctx, query, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, db.failed("find call", err)
	}
	return true, nil
}
