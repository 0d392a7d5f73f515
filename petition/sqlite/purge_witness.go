package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"glennline/petition"
)

const dueWitness = `
FROM witness AS w
WHERE w.started_at < ?1
AND w.unique_id > ?2
AND (w.answered_at IS NULL OR ` + inLedger + `)`

const countWitness = `
SELECT count(*)` + dueWitness

const someWitness = `
SELECT w.unique_id` + dueWitness + `
ORDER BY w.unique_id
LIMIT ?3`

// DueWitness counts the channels in Asterisk's log that came up before a moment.
// Those that it answered and the ledger knows nothing of are left: somebody has
// to look at them.
func (db *DB) DueWitness(ctx context.Context, before time.Time) (int, error) {
	return db.count(ctx, countWitness, before.UnixMilli(), "")
}

const removeWitness = `
DELETE FROM witness
WHERE unique_id = ?
RETURNING
	answered_at IS NOT NULL,
	context`

// purgedRefused is the sum of those that were refused for want of room; beside it
// stands one for each reason, under its name, whether that is want of room or not,
// and one for the calls that the dialplan answered by itself.
const purgedRefused = "refused"

const sumWitness = `
INSERT INTO purged_witness (name, n) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET n = n + excluded.n`

const witnessBefore = `
INSERT INTO purged_witness (name, n) VALUES ('before', ?)
ON CONFLICT (name) DO UPDATE SET n = max(n, excluded.n)`

// PurgeWitness removes them; how many there were stays, for the sums.
func (db *DB) PurgeWitness(ctx context.Context, before time.Time) error {
	return db.purge(ctx, func(last string) (*sql.Rows, error) {
		return db.readers.QueryContext(ctx, someWitness, before.UnixMilli(), last, purgeBatch)
	}, func(ctx context.Context, s *session, uniqueID string) error {
		var answered, refused int
		var w petition.Witnessed
		err := s.row(ctx, removeWitness, uniqueID, &answered, &w.Context)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		type sum struct {
			name string
			n    int
		}
		sums := []sum{{"channels", 1}, {"answered", answered}}
		switch way := w.Way(); {
		case answered == 0 && slices.Contains(petition.WantOfRoom(), way):
			refused = 1
			sums = append(sums, sum{string(way), 1})
		case answered == 0 && (way == petition.WayClosed || way == petition.WayUnknownNumber),
			answered == 1 && way == petition.WayFallback:
			sums = append(sums, sum{string(way), 1})
		}
		for _, sum := range append(sums, sum{purgedRefused, refused}) {
			if _, err := s.exec(ctx, sumWitness, sum.name, sum.n); err != nil {
				return err
			}
		}
		_, err = s.exec(ctx, witnessBefore, before.UnixMilli())
		return err
	})
}

// WitnessPurged is the moment before which channels of Asterisk's log were
// removed, their time being over; zero if none ever were.
func (db *DB) WitnessPurged(ctx context.Context) (time.Time, error) {
	n, err := db.count(ctx, `SELECT coalesce(max(n), 0) FROM purged_witness WHERE name = 'before'`)
	if err != nil || n == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(int64(n)).UTC(), nil
}

// ForgetWitnessLog forgets how far an event log was copied that is removed now:
// another one may get its inode.
func (db *DB) ForgetWitnessLog(ctx context.Context, log WitnessLog) error {
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		_, err := s.exec(ctx, `DELETE FROM witness_logs WHERE path = ? AND inode = ?`, log.Path, int64(log.Inode))
		return nil, err
	})
	return err
}
