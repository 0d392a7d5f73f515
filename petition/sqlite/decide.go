package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"glennline/petition"
)

// Errors of decisions.
var (
	ErrNoSignature = errors.New("no signature")
	ErrNoRun       = errors.New("no such run")
	ErrUndone      = errors.New("undone already")
)

// Decision is a status that a person gives to signatures.
type Decision struct {
	IDs    []string // of signatures, in full
	Status petition.Status
	Reason string // free text, kept where it can be erased
	Actor  string
}

// decideBatch bounds a transaction, so that no call waits long for it.
const decideBatch = 50

const insertRun = `
INSERT INTO runs (
	kind,
	at,
	actor
) VALUES (?, ?, ?)
RETURNING id`

const insertDecision = `
INSERT INTO decisions (
	run,
	call_id,
	status,
	at,
	actor
) VALUES (?, ?, ?, ?, ?)`

const refreshDecided = `
UPDATE signatures SET
	decided = (SELECT status FROM decisions WHERE call_id = ?1 AND undone = 0 ORDER BY id DESC LIMIT 1)
WHERE call_id = ?1`

// Decide gives signatures a status, in the audit chain too, and says under which
// run, by which it can be undone. All transitions are checked before anything
// is written; a signature that changed meanwhile so that it may not be changed
// any more ends it, and what was decided before stands under the run.
//
// Errors: petition.ErrTransition, ErrNoSignature, ErrUnavailable.
func (db *DB) Decide(ctx context.Context, d Decision) (run int64, err error) {
	err = db.inBatches(ctx, d.IDs, func(ctx context.Context, s *session, id string) error {
		return mayDecide(ctx, s, id, d.Status)
	})
	if err != nil {
		return 0, err
	}
	now := db.now()
	if _, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		var err error
		run, err = s.newRun(ctx, runSet, now, d.Actor)
		return nil, err
	}); err != nil {
		return 0, err
	}
	return run, db.inBatches(ctx, d.IDs, func(ctx context.Context, s *session, id string) error {
		if err := mayDecide(ctx, s, id, d.Status); err != nil {
			return err
		}
		if _, err := s.exec(ctx, insertDecision, run, id, string(d.Status), millis(now), d.Actor); err != nil {
			return err
		}
		return s.decided(ctx, id, cause{at: now, actor: d.Actor, run: run, reason: d.Reason})
	})
}

// decided makes the latest decision on a signature what it counts for.
func (s *session) decided(ctx context.Context, id string, why cause) error {
	if _, err := s.exec(ctx, refreshDecided, id); err != nil {
		return err
	}
	why.about = id
	return regroup(ctx, s, id, why)
}

func (s *session) newRun(ctx context.Context, kind string, at time.Time, actor string) (run int64, err error) {
	stmt, err := s.statement(ctx, insertRun)
	if err != nil {
		return 0, err
	}
	err = stmt.QueryRowContext(ctx, kind, millis(at), actor).Scan(&run)
	return run, err
}

// inBatches runs do for each id, some dozens in a transaction.
func (db *DB) inBatches(ctx context.Context, ids []string, do func(context.Context, *session, string) error) error {
	for len(ids) > 0 {
		batch := ids[:min(len(ids), decideBatch)]
		ids = ids[len(batch):]
		_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
			for _, id := range batch {
				if err := do(ctx, s, id); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func mayDecide(ctx context.Context, s *session, id string, to petition.Status) error {
	var from petition.Status
	err := s.row(ctx, `SELECT status FROM signatures WHERE call_id = ? ORDER BY call_id`, id, &from)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("call %s: it left no voice: %w", id, ErrNoSignature)
	}
	if err != nil {
		return err
	}
	if err := petition.Transition(from, to); err != nil {
		return fmt.Errorf("signature %s: %w", id, err)
	}
	return nil
}

const standingDecision = `
SELECT
	d.run,
	(SELECT count(DISTINCT o.call_id) FROM decisions AS o WHERE o.run = d.run AND o.undone = 0)
FROM decisions AS d
WHERE d.call_id = ?
AND d.undone = 0
ORDER BY d.id DESC
LIMIT 1`

// DecidedIn is the run of the decision that stands on a signature, and of how many
// signatures that run is; 0 where no person has decided.
func (db *DB) DecidedIn(ctx context.Context, id string) (run int64, signatures int, err error) {
	err = db.readers.QueryRowContext(ctx, standingDecision, id).Scan(&run, &signatures)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, db.failed("find decision", err)
	}
	return run, signatures, nil
}

const decisionsOf = `
SELECT DISTINCT call_id
FROM decisions
WHERE run = ?
AND undone = 0
ORDER BY call_id`

const undoDecisions = `
UPDATE decisions SET undone = 1
WHERE run = ?
AND call_id = ?`

const endRun = `
UPDATE runs SET
	undone_at = ?2,
	undone_by = ?3
WHERE id = ?1`

// Undo takes a run of decisions back and says how many signatures it was about.
// Each has the status again that it would have without the run: what was
// decided later stands.
//
// Errors: ErrNoRun, ErrUndone, ErrUnavailable.
func (db *DB) Undo(ctx context.Context, run int64, actor, reason string) (int, error) {
	ids, err := db.undoable(ctx, run)
	if err != nil {
		return 0, err
	}
	why := cause{at: db.now(), actor: actor, run: run, reason: reason}
	err = db.inBatches(ctx, ids, func(ctx context.Context, s *session, id string) error {
		if _, err := s.exec(ctx, undoDecisions, run, id); err != nil {
			return err
		}
		return s.decided(ctx, id, why)
	})
	if err != nil {
		return 0, err
	}
	return len(ids), db.endRun(ctx, why, len(ids))
}

// endRun marks a run as undone.
func (db *DB) endRun(ctx context.Context, why cause, signatures int) error {
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		if _, err := s.exec(ctx, endRun, why.run, millis(why.at), why.actor); err != nil {
			return nil, err
		}
		number := strconv.FormatInt(why.run, 10)
		return nil, s.audit(ctx, petition.AuditEntry{
			At:     why.at,
			Actor:  why.actor,
			Kind:   petition.AuditUndo,
			Detail: map[string]string{"run": number, "signatures": strconv.Itoa(signatures)},
		}, why.reason)
	})
	return err
}

// The kinds of runs, which are the commands that make them.
const (
	runSet    = "set"
	runDedupe = "dedupe"
	runAccept = "accept"

	runRemeasure = "remeasure"
)

// standingRun is nil if the run is there, of that kind, and not undone.
func (db *DB) standingRun(ctx context.Context, run int64, want string) error {
	var undone sql.NullInt64
	var kind string
	err := db.readers.QueryRowContext(ctx, `SELECT kind, undone_at FROM runs WHERE id = ? ORDER BY id`, run).Scan(&kind, &undone)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("run %d: %s prints the number of each run: %w", run, want, ErrNoRun)
	case err != nil:
		return db.failed("find run", err)
	case kind != want:
		return fmt.Errorf("run %d is one of %s, take it back with glennline %s --undo %d: %w", run, kind, kind, run, ErrNoRun)
	case undone.Valid:
		return fmt.Errorf("run %d, on %s: %w", run, moment(undone).Format(time.RFC3339), ErrUndone)
	}
	return nil
}

// undoable are the signatures of a run that is not undone.
func (db *DB) undoable(ctx context.Context, run int64) ([]string, error) {
	if err := db.standingRun(ctx, run, runSet); err != nil {
		return nil, err
	}
	rows, err := db.readers.QueryContext(ctx, decisionsOf, run)
	ids, err := scanIDs(rows, err)
	if err != nil {
		return nil, db.failed("find run", err)
	}
	return ids, nil
}
