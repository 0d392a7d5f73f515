package sqlite

import (
	"context"
	"database/sql"

	"glennline/petition"
)

// standing are the facts of a signature and the verdict that stands.
type standing struct {
	petition.Facts
	petition.Verdict
}

const selectFacts = `
SELECT
	c.id,
	c.started_at,
	c.caller_class,
	coalesce(c.caller_pseudonym, ''),
	coalesce(v.audio_sha256, ''),
	s.own_status,
	s.own_reason,
	coalesce(s.doubt, ''),
	coalesce(s.decided, ''),
	s.status,
	s.status_reason,
	coalesce(s.duplicate_of, '')`

const factsOf = selectFacts + `
FROM signatures AS s
JOIN calls AS c ON c.id = s.call_id
LEFT JOIN voices AS v ON v.call_id = s.call_id
WHERE s.call_id = ?
ORDER BY c.id`

const factsByAudio = selectFacts + `
FROM voices AS v
CROSS JOIN signatures AS s ON s.call_id = v.call_id
CROSS JOIN calls AS c ON c.id = s.call_id
WHERE v.audio_sha256 = ?
ORDER BY c.started_at, c.id`

const factsByCaller = selectFacts + `
FROM calls AS c INDEXED BY calls_by_caller
CROSS JOIN signatures AS s ON s.call_id = c.id
LEFT JOIN voices AS v ON v.call_id = s.call_id
WHERE c.caller_pseudonym = ?
ORDER BY c.started_at, c.id`

func scanStanding(scan func(into ...any) error) (standing, error) {
	var st standing
	var started sql.NullInt64
	err := scan(
		&st.ID,
		&started,
		&st.Class,
		&st.Pseudonym,
		&st.AudioSHA256,
		&st.Own.Status,
		&st.Own.Reason,
		&st.Doubt,
		&st.Decided,
		&st.Status,
		&st.Reason,
		&st.Of,
	)
	st.StartedAt = moment(started)
	return st, err
}

// standings reads the signatures of a query over selectFacts.
func (s *session) standings(ctx context.Context, query, key string) ([]standing, error) {
	stmt, err := s.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []standing
	for rows.Next() {
		st, err := scanStanding(rows.Scan)
		if err != nil {
			return nil, err
		}
		if s.preview != nil {
			if err := s.preview.judge(ctx, &st); err != nil {
				return nil, err
			}
		}
		all = append(all, st)
	}
	return all, rows.Err()
}
