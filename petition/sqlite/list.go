package sqlite

import (
	"context"
	"math"
	"time"

	"glennline/petition"
)

// Filter says which calls or signatures to read. The zero Filter is all of them,
// oldest first.
type Filter struct {
	Line        string    // of this line
	Since       time.Time // started then or later, to the millisecond
	Until       time.Time // started before
	Result      petition.Result
	Status      petition.Status
	NewestFirst bool
	Limit       int // at most so many; all if 0
}

const filtered = selectCalls + `
WHERE c.started_at >= ?1
AND c.started_at < ?2
AND (?3 = '' OR c.line = ?3)
AND (?4 = '' OR c.result = ?4)
AND (?5 = '' OR s.status = ?5)
AND (?6 = 0 OR s.status IS NOT NULL)`

const (
	oldestFirst = filtered + `
ORDER BY c.started_at, c.id
LIMIT ?7`
	newestFirst = filtered + `
ORDER BY c.started_at DESC, c.id DESC
LIMIT ?7`
)

// query is the filter in SQL.
func (f Filter) query(signed bool) (query string, args []any) {
	limit := -1
	since, until := between(f.Since, f.Until)
	if f.Limit > 0 {
		limit = f.Limit
	}
	query = oldestFirst
	if f.NewestFirst {
		query = newestFirst
	}
	return query, []any{since, until, f.Line, string(f.Result), string(f.Status), signed, limit}
}

// between are two times as columns, where zero is before and after everything.
func between(since, until time.Time) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if !since.IsZero() {
		from = since.UnixMilli()
	}
	if !until.IsZero() {
		to = until.UnixMilli()
	}
	return from, to
}

// Calls gives each call to found, in the order of (start, id). It reads from one
// moment's state of the ledger and holds no call back; but as long as it reads,
// the write-ahead log only grows. An error of found ends it and is returned as
// it is.
func (db *DB) Calls(ctx context.Context, f Filter, found func(CallRow) error) error {
	return db.list(ctx, f, false, found)
}

// Signatures gives each signature to found, in the order of its call's (start,
// id). See Calls.
func (db *DB) Signatures(ctx context.Context, f Filter, found func(SignatureRow) error) error {
	return db.list(ctx, f, true, func(row CallRow) error {
		return found(SignatureRow{Call: row.Call, Closing: *row.Closing, Signature: *row.Signature})
	})
}

func (db *DB) list(ctx context.Context, f Filter, signed bool, found func(CallRow) error) error {
	query, args := f.query(signed)
	return db.each(ctx, found, query, args...)
}

// each gives the rows of a query over selectCalls.
func (db *DB) each(ctx context.Context, found func(CallRow) error, query string, args ...any) error {
	rows, err := db.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return db.failed("list calls", err)
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scanCall(rows.Scan)
		if err != nil {
			return db.failed("list calls", err)
		}
		if err := found(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return db.failed("list calls", err)
	}
	return nil
}

const openCalls = selectCalls + `
WHERE c.ended_at IS NULL
ORDER BY c.started_at, c.id`

// OpenCalls are those that were begun and have not ended, in the order of
// (start, id).
func (db *DB) OpenCalls(ctx context.Context) ([]petition.Call, error) {
	rows, err := db.readers.QueryContext(ctx, openCalls)
	if err != nil {
		return nil, db.failed("list open calls", err)
	}
	defer rows.Close()
	var calls []petition.Call
	for rows.Next() {
		row, err := scanCall(rows.Scan)
		if err != nil {
			return nil, db.failed("list open calls", err)
		}
		calls = append(calls, row.Call)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("list open calls", err)
	}
	return calls, nil
}
