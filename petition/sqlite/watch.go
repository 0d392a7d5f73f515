package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ErrTakenOut says that a signature must not leave any more.
var ErrTakenOut = errors.New("became confidential, or was taken out otherwise")

// Watch looks whether signatures that may leave as they were at a snapshot still
// may: writing a million of them takes a while, in which people decide. It is for
// one goroutine.
type Watch struct {
	from *Snapshot
	f    ExportFilter
	held map[string]bool // what could not leave at the snapshot
	seen int64           // entry of the audit chain up to which all is well
}

const neverLeaving = `
SELECT s.call_id
FROM signatures AS s INDEXED BY signatures_held
WHERE s.status IN ('confidential', 'test', 'withdrawn')
UNION
SELECT v.call_id
FROM (SELECT DISTINCT audio_sha256 FROM (` + heldAudio + `)) AS held
CROSS JOIN voices AS v INDEXED BY voices_by_audio ON v.audio_sha256 = held.audio_sha256
CROSS JOIN signatures AS s ON s.call_id = v.call_id
WHERE s.status NOT IN ('confidential', 'test', 'withdrawn', 'blank')
ORDER BY 1`

const erasedSince = `
SELECT DISTINCT subject
FROM audit
WHERE seq > ?
AND kind = 'erase'
ORDER BY subject`

// asked is whether a signature is one of those that are asked for.
const asked = `
SELECT EXISTS (
	SELECT 1
	FROM calls AS c
	JOIN signatures AS s ON s.call_id = c.id
	WHERE c.id = ?5
	AND c.started_at >= ?1
	AND c.started_at < ?2
	AND (?3 = '' OR c.line = ?3)
	AND (?4 = '' OR s.status = ?4)
)`

// Watch begins to watch the signatures that ExportRows gives.
func (s *Snapshot) Watch(ctx context.Context, f ExportFilter) (*Watch, error) {
	rows, err := s.tx.QueryContext(ctx, neverLeaving)
	ids, err := scanIDs(rows, err)
	if err != nil {
		return nil, s.db.failed("find what never leaves", err)
	}
	return &Watch{from: s, f: f, held: setOf(ids), seen: s.Entries}, nil
}

// Check is nil as long as every one of them may leave. It costs microseconds where
// nobody has done anything since.
//
// Errors: ErrTakenOut.
func (w *Watch) Check(ctx context.Context) error {
	db := w.from.db
	var last int64
	var head string
	err := db.readers.QueryRowContext(ctx, lastEntry).Scan(&last, &head)
	if errors.Is(err, sql.ErrNoRows) || err == nil && last == w.seen {
		return nil
	}
	if err != nil {
		return db.failed("read the audit chain", err)
	}
	rows, err := db.readers.QueryContext(ctx, neverLeaving)
	now, err := scanIDs(rows, err)
	if err != nil {
		return db.failed("find what never leaves", err)
	}
	rows, err = db.readers.QueryContext(ctx, erasedSince, w.from.Entries)
	erased, err := scanIDs(rows, err)
	if err != nil {
		return db.failed("find who was erased", err)
	}
	for _, id := range append(now, erased...) {
		if w.held[id] {
			continue
		}
		was, err := w.from.asked(ctx, w.f, id)
		if err != nil {
			return err
		}
		if was {
			return fmt.Errorf("signature %s %w", id, ErrTakenOut)
		}
	}
	w.seen = last
	return nil
}

func (s *Snapshot) asked(ctx context.Context, f ExportFilter, id string) (is bool, err error) {
	since, until := between(f.Since, f.Until)
	if err := s.tx.QueryRowContext(ctx, asked, since, until, f.Line, string(f.Status), id).Scan(&is); err != nil {
		return false, s.db.failed("find signature", err)
	}
	return is, nil
}
