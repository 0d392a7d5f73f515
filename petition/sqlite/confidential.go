package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// Confidential is whether a signature is confidential, or its samples are exactly
// those of one that is; silence is like silence, and does not count.
func (db *DB) Confidential(ctx context.Context, callID string) (own, sameAudio bool, err error) {
	err = db.readers.QueryRowContext(ctx, confidential, callID).Scan(&own, &sameAudio)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	if err != nil {
		return false, false, db.failed("find signature", err)
	}
	return own, sameAudio, nil
}

const confidential = `
SELECT
	s.status = 'confidential',
	coalesce(s.decided, s.own_status) <> 'blank' AND EXISTS (
		SELECT 1
		FROM voices AS o INDEXED BY voices_by_audio
		CROSS JOIN signatures AS h ON h.call_id = o.call_id
		WHERE o.audio_sha256 = v.audio_sha256
		AND o.call_id <> v.call_id
		AND h.status = 'confidential'
	)
FROM signatures AS s
JOIN voices AS v ON v.call_id = s.call_id
WHERE s.call_id = ?`

// copies are the repeats of confidential signatures, found from these, which are
// few.
const copies = `
SELECT DISTINCT o.call_id
FROM signatures AS h INDEXED BY signatures_held
CROSS JOIN voices AS hv ON hv.call_id = h.call_id
CROSS JOIN voices AS o INDEXED BY voices_by_audio ON o.audio_sha256 = hv.audio_sha256
CROSS JOIN signatures AS s ON s.call_id = o.call_id
WHERE h.status IN ('confidential', 'test', 'withdrawn')
AND h.status = 'confidential'
AND o.call_id <> h.call_id
AND coalesce(s.decided, s.own_status) <> 'blank'
ORDER BY o.call_id`

// ConfidentialCopies are the signatures whose samples are exactly those of another
// one that is confidential; see Confidential.
func (db *DB) ConfidentialCopies(ctx context.Context) (map[string]bool, error) {
	rows, err := db.readers.QueryContext(ctx, copies)
	ids, err := scanIDs(rows, err)
	if err != nil {
		return nil, db.failed("find confidential recordings", err)
	}
	return setOf(ids), nil
}
