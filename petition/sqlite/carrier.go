package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

const callsWithSIPCallID = `
SELECT count(*)
FROM calls
WHERE sip_call_id = ?
AND sip_call_id <> ''`

// CallsWithSIPCallID says how many calls the ledger has with that SIP Call-ID;
// none with "".
func (db *DB) CallsWithSIPCallID(ctx context.Context, sipCallID string) (int, error) {
	var n int
	if err := db.readers.QueryRowContext(ctx, callsWithSIPCallID, sipCallID).Scan(&n); err != nil {
		return 0, db.failed("find call", err)
	}
	return n, nil
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
