package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"glennline/petition"
)

// Preview is what would stand if recordings had other verdicts of their own. It
// lies in a temporary file of SQLite's, which has no name and goes with the
// process; in memory are some megabytes, however many signatures it is about.
// Close removes it. It is used by one goroutine at a time.
type Preview struct {
	pool  *sql.DB
	notes *session
}

// Previewed is a verdict that would change.
type Previewed struct {
	Change
	Measure *petition.Measure // of a recording that was judged otherwise; nil where only the comparison changed
}

// Turn is how many verdicts would change from one status to another.
type Turn struct {
	From, To petition.Status
	N        int
}

// A row is of a signature whose recording was judged otherwise (own_…), or whose
// verdict would change (from_…, to_…), or both.
const previewTable = `
CREATE TABLE preview (
	id          TEXT PRIMARY KEY,
	own_status  TEXT,
	own_reason  TEXT,
	version     INTEGER,
	seconds     REAL,
	speech      REAL,
	unclear     REAL,
	level       REAL,
	peak        REAL,
	clipped     REAL,
	noise       REAL,
	hum         REAL,
	tone        REAL,
	from_status TEXT,
	from_reason TEXT,
	from_of     TEXT,
	to_status   TEXT,
	to_reason   TEXT,
	to_of       TEXT
) WITHOUT ROWID`

// NewPreview begins an empty one.
func NewPreview(ctx context.Context) (*Preview, error) {
	pool, err := sql.Open("sqlite3", "") // a database that is in no file with a name
	if err != nil {
		return nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	p := &Preview{pool: pool, notes: &session{conn: conn, prepared: map[string]*sql.Stmt{}}}
	// Nobody comes back to it after a crash.
	for _, query := range []string{`PRAGMA journal_mode = OFF`, `PRAGMA synchronous = OFF`, previewTable, `BEGIN`} {
		if _, err := conn.ExecContext(ctx, query); err != nil {
			return nil, errors.Join(fmt.Errorf("temporary file: %w", err), p.Close())
		}
	}
	return p, nil
}

// Close ends it.
func (p *Preview) Close() error { return errors.Join(p.notes.close(), p.pool.Close()) }

const insertOwn = `
INSERT INTO preview (id, own_status, own_reason, version, seconds, speech, unclear, level, peak, clipped, noise, hum, tone)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`

// Own notes that a recording has another verdict of its own, and what was measured
// in it. Each signature is noted once.
func (p *Preview) Own(ctx context.Context, id string, own petition.Verdict, m petition.Measure) error {
	_, err := p.notes.exec(ctx, insertOwn, id, string(own.Status), own.Reason, m.Version, m.Seconds, m.SpeechSeconds,
		m.UnclearSeconds, m.LevelDBFS, m.PeakDBFS, m.Clipped, m.NoiseDBFS, m.HumDBFS, m.ToneSeconds)
	return err
}

const ownAfter = `
SELECT id
FROM preview
WHERE id > ?1
AND own_status IS NOT NULL
ORDER BY id
LIMIT 1`

// after is the next signature that was noted, "" after the last.
func (p *Preview) after(ctx context.Context, id string) (next string, err error) {
	if err = p.notes.row(ctx, ownAfter, id, &next); errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return next, err
}

const previewed = `
SELECT
	own_status,
	own_reason,
	to_status,
	to_reason,
	to_of
FROM preview
WHERE id = ?1
ORDER BY id`

// judge makes a signature stand as it would.
func (p *Preview) judge(ctx context.Context, st *standing) error {
	var own, ownReason, to, reason, of sql.NullString
	err := p.notes.row(ctx, previewed, st.ID, &own, &ownReason, &to, &reason, &of)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if own.Valid {
		st.Own = petition.Verdict{Status: petition.Status(own.String), Reason: ownReason.String}
	}
	if to.Valid {
		st.Verdict = petition.Verdict{Status: petition.Status(to.String), Reason: reason.String, Of: of.String}
	}
	return err
}

// What stands before the first of several changes is what it is from.
const previewChange = `
INSERT INTO preview (id, from_status, from_reason, from_of, to_status, to_reason, to_of)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (id) DO UPDATE SET
	from_of     = CASE WHEN from_status IS NULL THEN excluded.from_of ELSE from_of END,
	from_reason = CASE WHEN from_status IS NULL THEN excluded.from_reason ELSE from_reason END,
	from_status = coalesce(from_status, excluded.from_status),
	to_status   = excluded.to_status,
	to_reason   = excluded.to_reason,
	to_of       = excluded.to_of`

func (p *Preview) change(ctx context.Context, c Change) error {
	_, err := p.notes.exec(ctx, previewChange, c.ID, string(c.From.Status), c.From.Reason, c.From.Of, string(c.To.Status), c.To.Reason, c.To.Of)
	return err
}

const turned = `from_status IS NOT NULL
AND (from_status <> to_status OR from_reason <> to_reason OR from_of <> to_of)`

const turns = `
SELECT
	from_status,
	to_status,
	count(*)
FROM preview
WHERE ` + turned + `
GROUP BY from_status, to_status
ORDER BY from_status, to_status`

// Turns counts what would change, by status.
func (p *Preview) Turns(ctx context.Context) (all []Turn, err error) {
	rows, err := p.notes.conn.QueryContext(ctx, turns)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t Turn
		if err := rows.Scan(&t.From, &t.To, &t.N); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

const previewChanges = `
SELECT
	id,
	from_status,
	from_reason,
	from_of,
	to_status,
	to_reason,
	to_of,
	version,
	seconds,
	speech,
	unclear,
	level,
	peak,
	clipped,
	noise,
	hum,
	tone
FROM preview
WHERE ` + turned + `
AND (?1 = '' OR from_status = ?1)
AND (?2 = '' OR to_status = ?2)
ORDER BY id`

// Changes gives what would change, by id: from one status to another, or with ""
// from any, to any. An error of found ends it and is returned as it is.
func (p *Preview) Changes(ctx context.Context, from, to petition.Status, found func(Previewed) error) error {
	rows, err := p.notes.conn.QueryContext(ctx, previewChanges, string(from), string(to))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanPreviewed(rows)
		if err != nil {
			return err
		}
		if err := found(c); err != nil {
			return err
		}
	}
	return rows.Err()
}

func scanPreviewed(rows *sql.Rows) (c Previewed, err error) {
	var version sql.NullInt64
	var seconds, speech, unclear, level, peak, clipped, noise, hum, tone sql.NullFloat64
	err = rows.Scan(&c.ID, &c.From.Status, &c.From.Reason, &c.From.Of, &c.To.Status, &c.To.Reason, &c.To.Of,
		&version, &seconds, &speech, &unclear, &level, &peak, &clipped, &noise, &hum, &tone)
	if version.Valid {
		c.Measure = &petition.Measure{
			Version: int(version.Int64), Seconds: seconds.Float64, SpeechSeconds: speech.Float64, UnclearSeconds: unclear.Float64,
			LevelDBFS: level.Float64, PeakDBFS: peak.Float64, Clipped: clipped.Float64, NoiseDBFS: noise.Float64,
			HumDBFS: hum.Float64, ToneSeconds: tone.Float64,
		}
	}
	return c, err
}
