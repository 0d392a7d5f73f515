package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"glennline/petition"
)

// ErrCounters says that the counters do not agree with the rows.
var ErrCounters = errors.New("counters do not agree with the rows")

const counters = `
SELECT
	name,
	n
FROM counters
UNION ALL
SELECT
	'open',
	count(*)
FROM calls
WHERE ended_at IS NULL
ORDER BY name`

// countedUntil counts what began before a moment, by what it counts for now.
// The lines are all counted calls that have one, less the second and later ones
// from a line: few lines have several calls, and only these are looked at.
const countedUntil = `
WITH signed AS MATERIALIZED (
	SELECT
		s.status AS status,
		count(*) AS n,
		sum(c.caller_class = 'withheld') AS withheld,
		sum(c.caller_class <> 'withheld' AND c.caller_pseudonym IS NULL) AS unknown,
		count(c.caller_pseudonym) AS known
	FROM signatures AS s
	CROSS JOIN calls AS c ON c.id = s.call_id
	WHERE c.started_at < ?1
	GROUP BY s.status
), several AS (
	SELECT caller_pseudonym
	FROM calls INDEXED BY calls_by_caller
	WHERE caller_pseudonym IS NOT NULL
	GROUP BY caller_pseudonym
	HAVING count(*) > 1
), shared AS (
	SELECT count(*) AS n
	FROM several
	CROSS JOIN calls AS c INDEXED BY calls_by_caller ON c.caller_pseudonym = several.caller_pseudonym
	CROSS JOIN signatures AS s ON s.call_id = c.id
	WHERE c.started_at < ?1
	AND s.status = 'counted'
	GROUP BY c.caller_pseudonym
)
SELECT 'calls' AS name, count(*) AS n FROM calls WHERE started_at < ?1
UNION ALL SELECT status, n FROM signed
UNION ALL SELECT 'withheld', coalesce(sum(withheld), 0) FROM signed WHERE status = 'counted'
UNION ALL SELECT 'unknown', coalesce(sum(unknown), 0) FROM signed WHERE status = 'counted'
UNION ALL SELECT 'lines', coalesce(sum(known), 0) - (SELECT coalesce(sum(n - 1), 0) FROM shared) FROM signed WHERE status = 'counted'
ORDER BY name`

// Figure is the figure of this moment, from the counters.
func (db *DB) Figure(ctx context.Context) (petition.Figure, error) {
	rows, err := db.readers.QueryContext(ctx, counters)
	return db.figure(rows, err)
}

// FigureAt counts the calls that began before a moment, and what they count for
// now. It reads all of them.
func (db *DB) FigureAt(ctx context.Context, at time.Time) (petition.Figure, error) {
	rows, err := db.readers.QueryContext(ctx, countedUntil, at.UnixMilli())
	return db.figure(rows, err)
}

func (db *DB) figure(rows *sql.Rows, err error) (petition.Figure, error) {
	if err != nil {
		return petition.Figure{}, db.failed("count", err)
	}
	defer rows.Close()
	f, err := scanFigure(rows)
	if err != nil {
		return f, db.failed("count", err)
	}
	return f, nil
}

// scanFigure reads names and numbers.
func scanFigure(rows *sql.Rows) (petition.Figure, error) {
	var f petition.Figure
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return f, err
		}
		switch name {
		case "calls", "ended", "open":
			f.Calls += n
		case "lines":
			f.Lines = n
		case "withheld":
			f.Withheld = n
		case "unknown":
			f.Unknown = n
		default:
			f.Messages += n
			if part := f.Of(petition.Status(name)); part != nil {
				*part = n
			}
		}
	}
	return f, rows.Err()
}

// VerifyFigure counts all rows and compares them with the counters, at one
// moment. If they differ it is ErrCounters, and both are returned.
func (db *DB) VerifyFigure(ctx context.Context) (kept, counted petition.Figure, err error) {
	tx, err := db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return kept, counted, db.failed("count", err)
	}
	defer tx.Rollback()
	rows, err := tx.QueryContext(ctx, counters)
	if kept, err = db.figure(rows, err); err != nil {
		return kept, counted, err
	}
	rows, err = tx.QueryContext(ctx, countedUntil, int64(math.MaxInt64))
	if counted, err = db.figure(rows, err); err != nil {
		return kept, counted, err
	}
	if kept != counted {
		return kept, counted, ErrCounters
	}
	return kept, counted, nil
}

// Frozen is a figure that was fixed for a moment.
type Frozen struct {
	At     time.Time // the moment
	Figure petition.Figure
	Head   string              // of the audit chain, before the figure was written to it
	Entry  petition.AuditEntry // that holds the figure
	New    bool                // it was fixed just now, and not before
}

const frozenAt = selectEntries + `
WHERE a.subject = ?
AND a.kind = 'freeze'
ORDER BY a.seq
LIMIT 1`

// figureDetail is where an entry holds the figure.
const figureDetail = "figure"

// Frozen is the figure that was fixed for a moment, nil if none was.
func (db *DB) Frozen(ctx context.Context, at time.Time) (*Frozen, error) {
	rows, err := db.readers.QueryContext(ctx, frozenAt, frozenSubject(at))
	return db.frozen(at, rows, err)
}

// frozenSubject is what an entry that fixes the figure of a moment is about.
func frozenSubject(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// frozen reads a row of frozenAt, nil if there is none.
func (db *DB) frozen(at time.Time, rows *sql.Rows, err error) (*Frozen, error) {
	if err != nil {
		return nil, db.failed("find the figure", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	entry, _, _, err := scanEntry(rows)
	if err != nil {
		return nil, db.failed("find the figure", err)
	}
	return thaw(at, entry)
}

func thaw(at time.Time, e petition.AuditEntry) (*Frozen, error) {
	f := &Frozen{At: at.UTC(), Head: e.Previous, Entry: e}
	if err := json.Unmarshal([]byte(e.Detail[figureDetail]), &f.Figure); err != nil {
		return nil, fmt.Errorf("audit entry %d holds no figure; run glennline audit verify: %w", e.Seq, err)
	}
	return f, nil
}

// Freeze fixes the figure of a moment in the audit chain. One that is fixed
// already is returned as it is, whatever was changed since. A zero at is now.
func (db *DB) Freeze(ctx context.Context, at time.Time, actor string) (*Frozen, error) {
	var figure *petition.Figure
	if !at.IsZero() { // counted past the writer, whom callers wait for
		counted, err := db.FigureAt(ctx, at)
		if err != nil {
			return nil, err
		}
		figure = &counted
	}
	var frozen *Frozen
	_, err := db.change(ctx, func(ctx context.Context, s *session) (_ *petition.Signature, err error) {
		frozen, err = s.freeze(ctx, at, figure, db.now(), actor)
		return nil, err
	})
	if err != nil {
		return nil, fmt.Errorf("freeze the figure: %w", err)
	}
	return frozen, nil
}

// freeze fixes a figure, or that of the counters if it is nil.
func (s *session) freeze(ctx context.Context, at time.Time, figure *petition.Figure, now time.Time, actor string) (*Frozen, error) {
	if at.IsZero() {
		at = stored(now)
	}
	subject := frozenSubject(at)
	if entry, err := s.entry(ctx, frozenAt, subject); err != nil || entry != nil {
		if err != nil {
			return nil, err
		}
		return thaw(at, *entry)
	}
	if figure == nil {
		counted, err := s.counters(ctx)
		if err != nil {
			return nil, err
		}
		figure = &counted
	}
	raw, err := json.Marshal(figure)
	if err != nil {
		return nil, err
	}
	err = s.audit(ctx, petition.AuditEntry{
		At:      now,
		Actor:   actor,
		Kind:    petition.AuditFreeze,
		Subject: subject,
		Detail:  map[string]string{figureDetail: string(raw)},
	}, "")
	if err != nil {
		return nil, err
	}
	entry, err := s.entry(ctx, frozenAt, subject)
	if err != nil {
		return nil, err
	}
	frozen, err := thaw(at, *entry)
	if err == nil {
		frozen.New = true
	}
	return frozen, err
}

func (s *session) counters(ctx context.Context) (petition.Figure, error) {
	rows, err := s.conn.QueryContext(ctx, counters)
	if err != nil {
		return petition.Figure{}, err
	}
	defer rows.Close()
	return scanFigure(rows)
}

// entry reads one entry of the chain, nil if there is none.
func (s *session) entry(ctx context.Context, query, subject string) (*petition.AuditEntry, error) {
	rows, err := s.conn.QueryContext(ctx, query, subject)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	e, _, _, err := scanEntry(rows)
	return &e, err
}
