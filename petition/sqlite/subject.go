package sqlite

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

const callsOfCaller = selectCalls + `
WHERE c.caller_pseudonym = ?
ORDER BY c.started_at, c.id`

// CallsOf are the calls that have one of the pseudonyms, which are one person's
// under different secrets, in the order of (start, id).
func (db *DB) CallsOf(ctx context.Context, pseudonyms ...string) ([]CallRow, error) {
	var all []CallRow
	for _, pseudonym := range pseudonyms {
		err := db.each(ctx, func(row CallRow) error {
			all = append(all, row)
			return nil
		}, callsOfCaller, pseudonym)
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// notErasedChunk bounds the ids of one query.
const notErasedChunk = 500

// NotErased says which of the calls are in the ledger and not erased: those of
// people who were erased, and who came back with a backup.
func (db *DB) NotErased(ctx context.Context, ids []string) ([]string, error) {
	var left []string
	for len(ids) > 0 {
		chunk := ids[:min(len(ids), notErasedChunk)]
		ids = ids[len(chunk):]
		args := make([]any, len(chunk))
		for i, id := range chunk {
			args[i] = id
		}
		query := `SELECT id FROM calls WHERE erased_at IS NULL AND id IN (?` + strings.Repeat(`, ?`, len(chunk)-1) + `) ORDER BY id`
		rows, err := db.readers.QueryContext(ctx, query, args...)
		found, err := scanIDs(rows, err)
		if err != nil {
			return nil, db.failed("find calls", err)
		}
		left = append(left, found...)
	}
	return left, nil
}

// KeyUse is how many calls have pseudonyms of a secret, and until when.
type KeyUse struct {
	ID          string
	BoundAt     time.Time
	DestroyedAt time.Time // zero while it is kept
	Calls       int
	Last        time.Time // start of the last of them; zero without any
}

const keyUses = `
SELECT
	k.id,
	k.bound_at,
	k.destroyed_at,
	count(c.id),
	max(c.started_at)
FROM secrets AS k
LEFT JOIN calls AS c ON c.caller_key_id = k.id
GROUP BY k.id
ORDER BY k.bound_at, k.id`

// Keys are the secrets that pseudonyms were made with, oldest first.
func (db *DB) Keys(ctx context.Context) ([]KeyUse, error) {
	rows, err := db.readers.QueryContext(ctx, keyUses)
	if err != nil {
		return nil, db.failed("list secrets", err)
	}
	defer rows.Close()
	var all []KeyUse
	for rows.Next() {
		var k KeyUse
		var bound, destroyed, last sql.NullInt64
		if err := rows.Scan(&k.ID, &bound, &destroyed, &k.Calls, &last); err != nil {
			return nil, db.failed("list secrets", err)
		}
		k.BoundAt, k.DestroyedAt, k.Last = moment(bound), moment(destroyed), moment(last)
		all = append(all, k)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("list secrets", err)
	}
	return all, nil
}
