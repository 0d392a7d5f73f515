package sqlite

import (
	"context"
	"database/sql"
	"time"

	"glennline/petition"
)

// Measured is a recording, what was measured in it, and what that makes of it.
type Measured struct {
	ID         string
	StartedAt  time.Time // of the call
	Path       string    // below the archive
	FileSHA256 string
	Purged     bool // the recording is gone, its time being over
	Measure    petition.Measure
	Consent    petition.Consent
	Own        petition.Verdict // on the recording alone
	Stands     petition.Verdict // as it counts
}

const measuredAfter = `
SELECT
	c.id,
	c.started_at,
	v.path,
	v.file_sha256,
	v.purged_at IS NOT NULL,
	v.measure_version,
	v.seconds,
	v.speech_seconds,
	coalesce(v.unclear_seconds, 0),
	v.level_dbfs,
	v.peak_dbfs,
	v.clipped,
	coalesce(v.noise_dbfs, 0),
	coalesce(v.hum_dbfs, 0),
	coalesce(v.tone_seconds, 0),
	coalesce(k.notice, ''),
	coalesce(k.language, ''),
	coalesce(k.complete, 0),
	s.own_status,
	s.own_reason,
	s.status,
	s.status_reason,
	coalesce(s.duplicate_of, '')
FROM calls AS c
CROSS JOIN voices AS v ON v.call_id = c.id
CROSS JOIN signatures AS s ON s.call_id = c.id
LEFT JOIN consents AS k ON k.call_id = c.id
WHERE (c.started_at, c.id) > (?1, ?2)
AND c.started_at >= ?3
AND c.started_at < ?4
AND (?5 = '' OR c.line = ?5)
ORDER BY c.started_at, c.id
LIMIT ?6`

// Measured gives the recordings of a line and a time that come after one of them,
// in the order of the call's (start, id), f.Limit at most; after the zero Measured
// come the first. Other fields of the filter are not looked at. It reads no
// longer than that takes, so that whoever looks into each recording holds nothing
// up.
func (db *DB) Measured(ctx context.Context, f Filter, after Measured) ([]Measured, error) {
	since, until := between(f.Since, f.Until)
	start := since
	if after.ID != "" {
		start = after.StartedAt.UnixMilli()
	}
	limit := -1
	if f.Limit > 0 {
		limit = f.Limit
	}
	rows, err := db.readers.QueryContext(ctx, measuredAfter, start, after.ID, since, until, f.Line, limit)
	if err != nil {
		return nil, db.failed("list recordings", err)
	}
	defer rows.Close()
	var all []Measured
	for rows.Next() {
		m, err := scanMeasured(rows)
		if err != nil {
			return nil, db.failed("list recordings", err)
		}
		all = append(all, m)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("list recordings", err)
	}
	return all, nil
}

func scanMeasured(rows *sql.Rows) (m Measured, err error) {
	var started sql.NullInt64
	v := &m.Measure
	err = rows.Scan(
		&m.ID,
		&started,
		&m.Path,
		&m.FileSHA256,
		&m.Purged,
		&v.Version,
		&v.Seconds,
		&v.SpeechSeconds,
		&v.UnclearSeconds,
		&v.LevelDBFS,
		&v.PeakDBFS,
		&v.Clipped,
		&v.NoiseDBFS,
		&v.HumDBFS,
		&v.ToneSeconds,
		&m.Consent.Notice,
		&m.Consent.Language,
		&m.Consent.Complete,
		&m.Own.Status,
		&m.Own.Reason,
		&m.Stands.Status,
		&m.Stands.Reason,
		&m.Stands.Of,
	)
	m.StartedAt = moment(started)
	return m, err
}
