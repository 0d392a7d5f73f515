package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"glennline/petition"
)

// ErrNotCounted says that a signature does not count, so that its voice is not
// one to hand over.
var ErrNotCounted = errors.New("only a voice that counts can be accepted")

// ErrAccepted says that a voice stands accepted already.
var ErrAccepted = errors.New("accepted already")

// VoidsAcceptance is whether a voice does not stand accepted any more once its
// signature becomes this; migration 00009 says the same.
func VoidsAcceptance(status petition.Status) bool {
	switch status {
	case petition.StatusConfidential, petition.StatusRejected, petition.StatusWithdrawn, petition.StatusTest:
		return true
	case petition.StatusCounted, petition.StatusBlank, petition.StatusDuplicate, petition.StatusReview:
	}
	return false
}

const insertAcceptance = `
INSERT INTO acceptances (
	run,
	call_id,
	at,
	actor
) VALUES (?, ?, ?, ?)`

const acceptanceOf = `
SELECT
	s.status,
	EXISTS (SELECT 1 FROM acceptances AS a WHERE a.call_id = s.call_id AND a.void IS NULL)
FROM signatures AS s
WHERE s.call_id = ?
ORDER BY s.call_id`

// Acceptable says why a voice cannot be accepted, nil if it can.
//
// Errors: ErrNotCounted, ErrAccepted, ErrNoSignature, ErrUnavailable.
func (db *DB) Acceptable(ctx context.Context, id string) error {
	var status petition.Status
	var accepted bool
	err := db.readers.QueryRowContext(ctx, acceptanceOf, id).Scan(&status, &accepted)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return db.failed("find signature", err)
	}
	return acceptable(id, status, accepted, err)
}

// Accept accepts voices for the handover, in the audit chain too, and says under
// which run, by which it can be undone. It stands beside the status and changes no
// figure; it is void for good once the signature becomes confidential, rejected,
// withdrawn or a test. All are checked before anything is written; one that
// changed meanwhile ends it, and what was accepted before stands under the run.
//
// Errors: ErrNotCounted, ErrAccepted, ErrNoSignature, ErrUnavailable.
func (db *DB) Accept(ctx context.Context, ids []string, actor string) (run int64, err error) {
	if err := db.inBatches(ctx, ids, mayAccept); err != nil {
		return 0, err
	}
	now := db.now()
	if _, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		var err error
		run, err = s.newRun(ctx, runAccept, now, actor)
		return nil, err
	}); err != nil {
		return 0, err
	}
	return run, db.inBatches(ctx, ids, func(ctx context.Context, s *session, id string) error {
		if err := mayAccept(ctx, s, id); err != nil {
			return err
		}
		if _, err := s.exec(ctx, insertAcceptance, run, id, millis(now), actor); err != nil {
			return err
		}
		return s.audit(ctx, petition.AuditEntry{
			At:      now,
			Actor:   actor,
			Kind:    petition.AuditAccept,
			Subject: id,
			Detail:  map[string]string{"run": strconv.FormatInt(run, 10)},
		}, "")
	})
}

func mayAccept(ctx context.Context, s *session, id string) error {
	var status petition.Status
	var accepted bool
	err := s.row(ctx, acceptanceOf, id, &status, &accepted)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return acceptable(id, status, accepted, err)
}

// acceptable judges a row of acceptanceOf, or that there is none.
func acceptable(id string, status petition.Status, accepted bool, none error) error {
	switch {
	case none != nil:
		return fmt.Errorf("call %s: it left no voice: %w", id, ErrNoSignature)
	case status != petition.StatusCounted:
		return fmt.Errorf("signature %s is %s: %w", id, status, ErrNotCounted)
	case accepted:
		return fmt.Errorf("the voice of %s: %w", id, ErrAccepted)
	}
	return nil
}

const acceptedIn = `
SELECT call_id
FROM acceptances
WHERE run = ?
AND void IS NULL
ORDER BY call_id`

const undoAcceptance = `
UPDATE acceptances SET void = 'undone'
WHERE run = ?
AND call_id = ?
AND void IS NULL`

// UndoAccept takes a run of Accept back and says how many voices it was about.
//
// Errors: ErrNoRun, ErrUndone, ErrUnavailable.
func (db *DB) UndoAccept(ctx context.Context, run int64, actor string) (int, error) {
	if err := db.standingRun(ctx, run, runAccept); err != nil {
		return 0, err
	}
	rows, err := db.readers.QueryContext(ctx, acceptedIn, run)
	ids, err := scanIDs(rows, err)
	if err != nil {
		return 0, db.failed("find run", err)
	}
	err = db.inBatches(ctx, ids, func(ctx context.Context, s *session, id string) error {
		_, err := s.exec(ctx, undoAcceptance, run, id)
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(ids), db.endRun(ctx, cause{at: db.now(), actor: actor, run: run}, len(ids))
}

// scanIDs reads rows of one column.
func scanIDs(rows *sql.Rows, err error) (ids []string, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

const acceptedIDs = `
SELECT call_id
FROM acceptances
WHERE void IS NULL
ORDER BY call_id`

// Accepted are the signatures whose voices stand accepted for the handover,
// whatever they count for by now.
func (db *DB) Accepted(ctx context.Context) (map[string]bool, error) {
	rows, err := db.readers.QueryContext(ctx, acceptedIDs)
	return db.acceptedSet(rows, err)
}

// Accepted is DB.Accepted at the moment of the snapshot.
func (s *Snapshot) Accepted(ctx context.Context) (map[string]bool, error) {
	rows, err := s.tx.QueryContext(ctx, acceptedIDs)
	return s.db.acceptedSet(rows, err)
}

func (db *DB) acceptedSet(rows *sql.Rows, err error) (map[string]bool, error) {
	ids, err := scanIDs(rows, err)
	if err != nil {
		return nil, db.failed("find accepted voices", err)
	}
	return setOf(ids), nil
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// Barred are those of the signatures whose voices must not be handed over any
// more, by what they count for now, or because the person was erased.
func (db *DB) Barred(ctx context.Context, ids []string) (barred []string, err error) {
	for _, id := range ids {
		var status petition.Status
		err := db.readers.QueryRowContext(ctx, `SELECT status FROM signatures WHERE call_id = ? ORDER BY call_id`, id).Scan(&status)
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return nil, db.failed("find signature", err)
		case err != nil, VoidsAcceptance(status):
			barred = append(barred, id)
		}
	}
	return barred, nil
}

// Unheard counts those of the signatures whose recordings nobody has been given
// to hear through this program, by its audit chain.
func (db *DB) Unheard(ctx context.Context, ids []string) (n int, err error) {
	for _, id := range ids {
		var heard bool
		err := db.readers.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit WHERE subject = ? AND kind = 'play')`, id).Scan(&heard)
		if err != nil {
			return 0, db.failed("find who heard a recording", err)
		}
		if !heard {
			n++
		}
	}
	return n, nil
}
