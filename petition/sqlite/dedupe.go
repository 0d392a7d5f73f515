package sqlite

import (
	"context"
	"errors"

	"glennline/petition"
)

const insertRejudged = `
INSERT INTO rejudged (
	run,
	call_id,
	from_status,
	from_reason,
	from_of,
	to_status,
	to_reason,
	to_of
) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

// maxRejudged bounds what is held in memory between two looks at all groups.
const maxRejudged = 20_000

// errEnough ends a look at the groups.
var errEnough = errors.New("enough for now")

// Dedupe judges anew, in short transactions, every group that does not stand as
// the rule says, and says under which run it can be undone and how many
// verdicts changed; run 0 if there was nothing to change. Broken off, it leaves
// whole groups behind it; what is left, the next one does.
func (db *DB) Dedupe(ctx context.Context, actor string) (run int64, changed int, err error) {
	why := cause{at: db.now(), actor: actor, dedupe: true}
	for {
		ids, err := db.toRejudge(ctx)
		if err != nil || len(ids) == 0 {
			return why.run, changed, err
		}
		if why.run == 0 {
			if _, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
				var err error
				why.run, err = s.newRun(ctx, runDedupe, why.at, actor)
				return nil, err
			}); err != nil {
				return 0, 0, err
			}
		}
		if err := db.inBatches(ctx, ids, func(ctx context.Context, s *session, id string) error {
			return regroup(ctx, s, id, why)
		}); err != nil {
			return why.run, changed, err
		}
		if err := db.readers.QueryRowContext(ctx, `SELECT count(*) FROM rejudged WHERE run = ? ORDER BY 1`, why.run).Scan(&changed); err != nil {
			return why.run, changed, db.failed("count changes", err)
		}
	}
}

// toRejudge are signatures that do not stand as the rule says. Exact repeats
// come alone at first: the lines follow from them.
func (db *DB) toRejudge(ctx context.Context) ([]string, error) {
	var ids []string
	audio := false
	err := db.Groups(ctx, func(g Group) error {
		if g.Kind != petition.StatusReasonSameAudio && audio || len(ids) >= maxRejudged {
			return errEnough
		}
		for _, c := range g.Changes {
			ids = append(ids, c.ID)
			audio = audio || g.Kind == petition.StatusReasonSameAudio
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return ids, err
}

const rejudgedBy = `
SELECT
	call_id,
	from_status,
	from_reason,
	from_of,
	to_status,
	to_reason,
	to_of
FROM rejudged
WHERE run = ?
ORDER BY id DESC`

// UndoDedupe gives every signature of a run back the verdict that it had before,
// where the run's still stands, and says how many. The next one that arrives in
// a group judges it anew.
//
// Errors: ErrNoRun, ErrUndone, ErrUnavailable.
func (db *DB) UndoDedupe(ctx context.Context, run int64, actor string) (int, error) {
	if err := db.standingRun(ctx, run, runDedupe); err != nil {
		return 0, err
	}
	changes, err := db.rejudged(ctx, run)
	if err != nil {
		return 0, err
	}
	why := cause{at: db.now(), actor: actor, run: run}
	undone := 0
	for len(changes) > 0 {
		batch := changes[:min(len(changes), decideBatch)]
		changes = changes[len(batch):]
		var back int
		_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
			for _, c := range batch {
				done, err := unjudge(ctx, s, c, why)
				if err != nil {
					return nil, err
				}
				if done {
					back++
				}
			}
			return nil, nil
		})
		if err != nil {
			return undone, err
		}
		undone += back
	}
	return undone, db.endRun(ctx, why, undone)
}

// TakeBack gives a signature another verdict than the rule's, where the rule's is
// still that of c.From; false where it is not. The next one that arrives in its
// group judges it anew, as after UndoDedupe.
func (db *DB) TakeBack(ctx context.Context, c Change, actor string) (done bool, err error) {
	_, err = db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		done, err = unjudge(ctx, s, Change{ID: c.ID, From: c.To, To: c.From}, cause{at: db.now(), actor: actor})
		return nil, err
	})
	return done, err
}

func unjudge(ctx context.Context, s *session, c Change, why cause) (bool, error) {
	stands, err := s.standings(ctx, factsOf, c.ID)
	if err != nil || len(stands) == 0 || stands[0].Verdict != c.To {
		return false, err
	}
	why.about = c.ID
	return true, restate(ctx, s, c.ID, c.To, c.From, why)
}

func (db *DB) rejudged(ctx context.Context, run int64) ([]Change, error) {
	rows, err := db.readers.QueryContext(ctx, rejudgedBy, run)
	if err != nil {
		return nil, db.failed("find run", err)
	}
	defer rows.Close()
	var changes []Change
	for rows.Next() {
		var c Change
		if err := rows.Scan(&c.ID, &c.From.Status, &c.From.Reason, &c.From.Of, &c.To.Status, &c.To.Reason, &c.To.Of); err != nil {
			return nil, db.failed("find run", err)
		}
		changes = append(changes, c)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("find run", err)
	}
	return changes, nil
}
