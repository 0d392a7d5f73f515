package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"time"

	"glennline/petition"
)

// purgeBatch bounds a transaction, so that no call waits long for it.
const purgeBatch = 200

// Due is a recording whose time is over.
type Due struct {
	CallID    string
	StartedAt time.Time
	Path      string // below the archive
}

const dueRecordings = `
FROM calls AS c
CROSS JOIN voices AS v ON v.call_id = c.id
CROSS JOIN signatures AS s ON s.call_id = c.id
WHERE c.started_at < ?1
AND s.status = ?2
AND v.purged_at IS NULL`

const countRecordings = `
SELECT count(*)` + dueRecordings

const someRecordings = `
SELECT
	c.id,
	c.started_at,
	v.path` + dueRecordings + `
AND (c.started_at, c.id) > (?3, ?4)
ORDER BY c.started_at, c.id
LIMIT ?5`

// DueRecordings counts the recordings of signatures with a status whose calls
// began before a moment.
func (db *DB) DueRecordings(ctx context.Context, status petition.Status, before time.Time) (int, error) {
	return db.count(ctx, countRecordings, before.UnixMilli(), string(status))
}

const markPurged = `
UPDATE voices SET purged_at = ?2
WHERE call_id = ?1
AND purged_at IS NULL
AND (SELECT status FROM signatures WHERE call_id = ?1) = ?3`

// PurgeRecordings writes of some hundred recordings that are due that they are
// removed, and then has remove do it with each; again and again until none is
// left. What each counts for stays as it is. Should remove not come to be called, the
// recording is one of PurgedVoices, which has a file.
func (db *DB) PurgeRecordings(ctx context.Context, status petition.Status, before time.Time, remove func(Due) error) error {
	var last Due
	for {
		due, err := db.someDue(ctx, status, before, last)
		if err != nil || len(due) == 0 {
			return err
		}
		last = due[len(due)-1]
		at := millis(db.now())
		_, err = db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
			for i := range due {
				marked, err := s.exec(ctx, markPurged, due[i].CallID, at, string(status))
				if err != nil {
					return nil, err
				}
				if marked == 0 {
					due[i].Path = "" // it has another status by now
				}
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
		for _, d := range due {
			if d.Path == "" {
				continue
			}
			if err := remove(d); err != nil {
				return err
			}
		}
	}
}

func (db *DB) someDue(ctx context.Context, status petition.Status, before time.Time, after Due) ([]Due, error) {
	rows, err := db.readers.QueryContext(ctx, someRecordings, before.UnixMilli(), string(status), after.StartedAt.UnixMilli(), after.CallID, purgeBatch)
	if err != nil {
		return nil, db.failed("find recordings", err)
	}
	defer rows.Close()
	var due []Due
	for rows.Next() {
		var d Due
		var started sql.NullInt64
		if err := rows.Scan(&d.CallID, &started, &d.Path); err != nil {
			return nil, db.failed("find recordings", err)
		}
		d.StartedAt = moment(started)
		due = append(due, d)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("find recordings", err)
	}
	return due, nil
}

// PurgedVoices gives the paths below the archive of the recordings that were
// removed: none of them should have a file.
func (db *DB) PurgedVoices(ctx context.Context, found func(path string) error) error {
	rows, err := db.readers.QueryContext(ctx, `SELECT path FROM voices WHERE purged_at IS NOT NULL ORDER BY path`)
	if err != nil {
		return db.failed("list recordings", err)
	}
	defer rows.Close()
	for rows.Next() {
		var path string
		if err := rows.Scan(&path); err != nil {
			return db.failed("list recordings", err)
		}
		if err := found(path); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return db.failed("list recordings", err)
	}
	return nil
}

// Purged is whether the recording at a path below the archive was removed.
func (db *DB) Purged(ctx context.Context, path string) (purged bool, err error) {
	err = db.readers.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM voices WHERE path = ? AND purged_at IS NOT NULL)`, path).Scan(&purged)
	if err != nil {
		return false, db.failed("find recording", err)
	}
	return purged, nil
}

const dueLines = `
SELECT caller_pseudonym
FROM calls
WHERE caller_pseudonym > ?2
GROUP BY caller_pseudonym
HAVING max(started_at) < ?1
AND max(caller_key_id) <> 'purged'
AND count(ended_at) = count(*)
ORDER BY caller_pseudonym`

const countLines = `
SELECT count(*)
FROM (` + dueLines + `
)`

const someLines = dueLines + `
LIMIT ?3`

// DueLines counts the telephone lines that called last before a moment.
func (db *DB) DueLines(ctx context.Context, before time.Time) (int, error) {
	return db.count(ctx, countLines, before.UnixMilli(), "")
}

// PurgedKey is the id of the secret of a pseudonym that belongs to nobody.
const PurgedKey = "purged"

const purgeLine = `
UPDATE calls SET
	caller_pseudonym = ?2,
	caller_key_id    = 'purged'
WHERE caller_pseudonym = ?1
AND NOT EXISTS (SELECT 1 FROM calls WHERE caller_pseudonym = ?1 AND started_at >= ?3)`

// PurgeLines puts in the place of the pseudonym of each line that is due another
// one that belongs to nobody, the same for all of its calls: duplicates stay
// duplicates and different lines different ones, but nobody can tell any more
// whose they are, not even with the secret. Whoever calls again counts again.
func (db *DB) PurgeLines(ctx context.Context, before time.Time) error {
	return db.purge(ctx, func(last string) (*sql.Rows, error) {
		return db.readers.QueryContext(ctx, someLines, before.UnixMilli(), last, purgeBatch)
	}, func(ctx context.Context, s *session, pseudonym string) error {
		var nobody [32]byte
		_, _ = rand.Read(nobody[:]) // never fails
		_, err := s.exec(ctx, purgeLine, pseudonym, hex.EncodeToString(nobody[:]), before.UnixMilli())
		return err
	})
}

const dueCallIDs = `
FROM calls
WHERE started_at < ?1
AND ended_at IS NOT NULL
AND (sip_call_id <> '' OR EXISTS (SELECT 1 FROM signatures WHERE call_id = calls.id AND typed_name IS NOT NULL))
AND id > ?2`

const countCallIDs = `
SELECT count(*)` + dueCallIDs

const someCallIDs = `
SELECT id` + dueCallIDs + `
ORDER BY id
LIMIT ?3`

// DueCallIDs counts the calls before a moment that have a SIP Call-ID, which is a
// key to the carrier's records, or a name that somebody typed.
func (db *DB) DueCallIDs(ctx context.Context, before time.Time) (int, error) {
	return db.count(ctx, countCallIDs, before.UnixMilli(), "")
}

// PurgeCallIDs removes these.
func (db *DB) PurgeCallIDs(ctx context.Context, before time.Time) error {
	return db.purge(ctx, func(last string) (*sql.Rows, error) {
		return db.readers.QueryContext(ctx, someCallIDs, before.UnixMilli(), last, purgeBatch)
	}, func(ctx context.Context, s *session, id string) error {
		if _, err := s.exec(ctx, dropNameTexts, id); err != nil {
			return err
		}
		if _, err := s.exec(ctx, setName, id, ""); err != nil {
			return err
		}
		_, err := s.exec(ctx, `UPDATE calls SET sip_call_id = '' WHERE id = ?`, id)
		return err
	})
}

// purge changes one after the other what some gives after the last, in order,
// until that is nothing.
func (db *DB) purge(ctx context.Context, some func(last string) (*sql.Rows, error), each func(context.Context, *session, string) error) error {
	last := ""
	for {
		rows, err := some(last)
		batch, err := scanIDs(rows, err)
		if err != nil {
			return db.failed("find what is due", err)
		}
		if len(batch) == 0 {
			return nil
		}
		last = batch[len(batch)-1]
		_, err = db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
			for _, id := range batch {
				if err := each(ctx, s, id); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
	}
}

func (db *DB) count(ctx context.Context, query string, args ...any) (n int, err error) {
	if err := db.readers.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return 0, db.failed("count", err)
	}
	return n, nil
}
