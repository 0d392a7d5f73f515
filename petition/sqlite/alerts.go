package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"glennline/petition"
)

// Alert is that professionals are to be told of a signature which became
// confidential. It is queued in the transaction in which that happened.
type Alert struct {
	ID          int64
	CallID      string
	Line        string
	StartedAt   time.Time // of the call
	At          time.Time // when it became confidential
	CommandedAt time.Time // when the command took it; zero if it has not
	MailedAt    time.Time // when the mail was taken; zero if it was not
	DoneAt      time.Time // when nothing was left to do; zero while there is
	Tries       int
	NextAt      time.Time // not to be tried before
	Error       string    // of the last try
}

const selectAlerts = `
SELECT
	a.id,
	a.call_id,
	c.line,
	c.started_at,
	a.at,
	a.commanded_at,
	a.mailed_at,
	a.done_at,
	a.tries,
	a.next_at,
	a.error
FROM alerts AS a
JOIN calls AS c ON c.id = a.call_id`

const waitingAlerts = selectAlerts + `
WHERE a.done_at IS NULL
AND a.next_at <= ?
ORDER BY a.next_at, a.id
LIMIT ?`

// WaitingAlerts are those that are to be tried until a moment, at most so many.
func (db *DB) WaitingAlerts(ctx context.Context, until time.Time, limit int) ([]Alert, error) {
	rows, err := db.readers.QueryContext(ctx, waitingAlerts, until.UnixMilli(), limit)
	if err != nil {
		return nil, db.failed("find alerts", err)
	}
	defer rows.Close()
	var all []Alert
	for rows.Next() {
		a, err := scanAlert(rows.Scan)
		if err != nil {
			return nil, db.failed("find alerts", err)
		}
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("find alerts", err)
	}
	return all, nil
}

func scanAlert(scan func(...any) error) (a Alert, err error) {
	var started, at, commanded, mailed, done, next sql.NullInt64
	err = scan(&a.ID, &a.CallID, &a.Line, &started, &at, &commanded, &mailed, &done, &a.Tries, &next, &a.Error)
	a.StartedAt, a.At, a.CommandedAt, a.MailedAt = moment(started), moment(at), moment(commanded), moment(mailed)
	a.DoneAt, a.NextAt = moment(done), moment(next)
	return a, err
}

const claimAlert = `
UPDATE alerts SET next_at = ?3
WHERE id = ?1
AND done_at IS NULL
AND next_at <= ?2`

// ClaimAlert makes an alert this process's until a moment, so that no other one
// tells of it too. It is false if another one was faster.
func (db *DB) ClaimAlert(ctx context.Context, id int64, now, until time.Time) (claimed bool, err error) {
	_, err = db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		n, err := s.exec(ctx, claimAlert, id, now.UnixMilli(), until.UnixMilli())
		claimed = n > 0
		return nil, err
	})
	if err != nil {
		return false, fmt.Errorf("claim alert %d: %w", id, err)
	}
	return claimed, nil
}

const updateAlert = `
UPDATE alerts SET
	commanded_at = ?2,
	mailed_at    = ?3,
	done_at      = ?4,
	tries        = ?5,
	next_at      = ?6,
	error        = ?7
WHERE id = ?1`

// UpdateAlert writes what came of an alert.
func (db *DB) UpdateAlert(ctx context.Context, a Alert) error {
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		_, err := s.exec(ctx, updateAlert, a.ID, millis(a.CommandedAt), millis(a.MailedAt), millis(a.DoneAt), a.Tries, a.NextAt.UnixMilli(), a.Error)
		return nil, err
	})
	if err != nil {
		return fmt.Errorf("update alert %d: %w", a.ID, err)
	}
	return nil
}
