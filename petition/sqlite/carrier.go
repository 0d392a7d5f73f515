package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

const callWithSIPCallID = `
SELECT 1
FROM calls
WHERE sip_call_id = ?
AND sip_call_id <> ''
LIMIT 1`

const callStartedBetween = `
SELECT 1
FROM calls
WHERE started_at >= ?
AND started_at <= ?
LIMIT 1`

// HasCall says whether the ledger has a call with that SIP Call-ID or, without
// one or where none has it, one that began within the span of time around at.
func (db *DB) HasCall(ctx context.Context, sipCallID string, at time.Time, within time.Duration) (bool, error) {
	if sipCallID != "" {
		found, err := db.exists(ctx, callWithSIPCallID, sipCallID)
		if err != nil || found {
			return found, err
		}
	}
	return db.exists(ctx, callStartedBetween, at.Add(-within).UnixMilli(), at.Add(within).UnixMilli())
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
