package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"glennline/petition"
)

// WitnessLog is how far an event log of Asterisk's has been copied. A rotated
// log has another inode.
type WitnessLog struct {
	Path   string
	Inode  uint64
	Offset int64 // bytes
}

const witnessOffset = `
SELECT offset
FROM witness_logs
WHERE path = ?
AND inode = ?`

// WitnessOffset is how far the log has been copied, 0 if not at all.
func (db *DB) WitnessOffset(ctx context.Context, path string, inode uint64) (int64, error) {
	var offset int64
	err := db.readers.QueryRowContext(ctx, witnessOffset, path, int64(inode)).Scan(&offset)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, db.failed("read witness", err)
	}
	return offset, nil
}

const upsertWitness = `
INSERT INTO witness (
	unique_id,
	started_at,
	answered_at,
	ended_at,
	context
) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (unique_id) DO UPDATE SET
	started_at  = coalesce(started_at, ?2),
	answered_at = coalesce(answered_at, ?3),
	ended_at    = coalesce(ended_at, ?4),
	context     = ?5`

const upsertWitnessLog = `
INSERT INTO witness_logs (
	path,
	inode,
	offset
) VALUES (?, ?, ?)
ON CONFLICT (path, inode) DO UPDATE SET offset = max(offset, excluded.offset)`

// ImportWitness copies lines of an event log, and how far it has been copied,
// in one transaction. The same lines again change nothing.
func (db *DB) ImportWitness(ctx context.Context, log WitnessLog, events []petition.ChannelEvent) error {
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		for _, e := range events {
			var started, answered, ended any
			switch e.Kind {
			case petition.ChannelStarted:
				started = millis(e.At)
			case petition.ChannelAnswered:
				answered = millis(e.At)
			case petition.ChannelHungUp:
				ended = millis(e.At)
			}
			if _, err := s.exec(ctx, upsertWitness, e.UniqueID, started, answered, ended, e.Context); err != nil {
				return nil, err
			}
		}
		_, err := s.exec(ctx, upsertWitnessLog, log.Path, int64(log.Inode), log.Offset)
		return nil, err
	})
	if err != nil {
		return fmt.Errorf("import witness: %w", err)
	}
	return nil
}

const selectWitness = `
SELECT
	w.unique_id,
	w.started_at,
	w.answered_at,
	w.ended_at,
	w.context
FROM witness AS w`

// inLedger is whether the ledger has a call for a channel. Their index begins with
// Asterisk's name, and there are few of these: each is looked up by the one before.
const inLedger = `EXISTS (
	WITH RECURSIVE systems (system) AS MATERIALIZED (
		SELECT min(system) FROM calls
		UNION ALL
		SELECT (SELECT min(system) FROM calls WHERE system > systems.system) FROM systems WHERE systems.system IS NOT NULL
	)
	SELECT 1
	FROM systems
	CROSS JOIN calls AS c ON c.system = systems.system AND c.unique_id = w.unique_id
)`

const unexplained = selectWitness + `
WHERE w.answered_at >= ?
AND NOT ` + inLedger + `
ORDER BY w.answered_at, w.unique_id`

// Unexplained gives the channels that Asterisk answered since a time and the
// ledger has no call for; of all times since the zero time.
func (db *DB) Unexplained(ctx context.Context, since time.Time, found func(petition.Witnessed) error) error {
	return db.witnessed(ctx, found, unexplained, since.UnixMilli())
}

const witnessBetween = selectWitness + `
WHERE w.started_at >= ?
AND w.started_at < ?
ORDER BY w.started_at, w.unique_id`

// WitnessedBetween gives the channels that came up in a span of time.
func (db *DB) WitnessedBetween(ctx context.Context, from, to time.Time, found func(petition.Witnessed) error) error {
	return db.witnessed(ctx, found, witnessBetween, from.UnixMilli(), to.UnixMilli())
}

const witnessOf = selectWitness + `
WHERE w.unique_id = ?
ORDER BY w.unique_id`

// WitnessOf is what Asterisk's log says of one channel; the zero Witnessed if
// it says nothing.
func (db *DB) WitnessOf(ctx context.Context, uniqueID string) (petition.Witnessed, error) {
	var w petition.Witnessed
	err := db.witnessed(ctx, func(found petition.Witnessed) error {
		w = found
		return nil
	}, witnessOf, uniqueID)
	return w, err
}

func (db *DB) witnessed(ctx context.Context, found func(petition.Witnessed) error, query string, args ...any) error {
	rows, err := db.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return db.failed("read witness", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			w                        petition.Witnessed
			started, answered, ended sql.NullInt64
		)
		if err := rows.Scan(&w.UniqueID, &started, &answered, &ended, &w.Context); err != nil {
			return db.failed("read witness", err)
		}
		w.StartedAt, w.AnsweredAt, w.EndedAt = moment(started), moment(answered), moment(ended)
		if err := found(w); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return db.failed("read witness", err)
	}
	return nil
}

const unwitnessed = selectCalls + `
LEFT JOIN witness AS w ON w.unique_id = c.unique_id
WHERE c.answered_at >= (SELECT min(started_at) FROM witness)
AND c.started_at >= coalesce((SELECT n + 60000 FROM purged_witness WHERE name = 'before'), 0)
AND c.ended_at IS NOT NULL
AND w.answered_at IS NULL
AND (w.unique_id IS NULL OR w.ended_at IS NOT NULL)
ORDER BY c.started_at, c.id`

// Unwitnessed gives the calls that the ledger has as answered and Asterisk's
// log has not, from the log's first record on, and from a minute past what was
// removed of it. Where the log saw a channel come and neither answer nor end, it
// died with Asterisk before it was done.
func (db *DB) Unwitnessed(ctx context.Context, found func(CallRow) error) error {
	return db.each(ctx, found, unwitnessed)
}

const witnessTotals = `
SELECT
	(SELECT count(*) FROM witness) + coalesce((SELECT n FROM purged_witness WHERE name = 'channels'), 0),
	(SELECT count(*) FROM witness WHERE answered_at IS NOT NULL) + coalesce((SELECT n FROM purged_witness WHERE name = 'answered'), 0),
	(SELECT count(*) FROM calls WHERE answered_at IS NOT NULL),
	(SELECT count(*) FROM signatures)`

// WitnessTotals are the two sides that have to agree.
type WitnessTotals struct {
	Channels int // that Asterisk's log has
	Answered int // of these
	Fallback int // of those answered, by the dialplan itself
	Refused  int // of these, for want of room, before the answer
	// RefusedFor is why. Those whose records were removed before the reason was
	// kept have none.
	RefusedFor map[petition.Way]int
	Calls      int // answered, in the ledger
	Signatures int
}

const waysWitness = `
SELECT
	context,
	count(*)
FROM witness
WHERE answered_at IS NULL AND instr(context, 'full-')
OR answered_at IS NOT NULL AND instr(context, 'fallback')
GROUP BY context
ORDER BY context`

const purgedWitness = `
SELECT
	name,
	n
FROM purged_witness
ORDER BY name`

// WitnessTotals counts both sides.
func (db *DB) WitnessTotals(ctx context.Context) (WitnessTotals, error) {
	t := WitnessTotals{RefusedFor: make(map[petition.Way]int)}
	err := db.readers.QueryRowContext(ctx, witnessTotals).Scan(&t.Channels, &t.Answered, &t.Calls, &t.Signatures)
	if err != nil {
		return t, db.failed("count witness", err)
	}
	for _, part := range []struct {
		query string
		way   func(name string) petition.Way
	}{
		{waysWitness, func(context string) petition.Way { return petition.Witnessed{Context: context}.Way() }},
		{purgedWitness, func(name string) petition.Way { return petition.Way(name) }},
	} {
		err := db.sums(ctx, part.query, func(name string, n int) {
			if name == purgedRefused {
				t.Refused += n
				return
			}
			way := part.way(name)
			if way == petition.WayFallback {
				t.Fallback += n
			}
			if !slices.Contains(petition.WantOfRoom(), way) {
				return
			}
			t.RefusedFor[way] += n
			if part.query == waysWitness {
				t.Refused += n
			}
		})
		if err != nil {
			return t, db.failed("count witness", err)
		}
	}
	return t, nil
}

// sums gives each name with its number.
func (db *DB) sums(ctx context.Context, query string, found func(name string, n int)) error {
	rows, err := db.readers.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return err
		}
		found(name, n)
	}
	return rows.Err()
}
