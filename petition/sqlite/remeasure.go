package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"glennline/petition"
)

// Remeasured is what was found in a recording that was looked at anew.
type Remeasured struct {
	ID         string
	FileSHA256 string // of the recording that was looked at
	Measure    petition.Measure
	Own        petition.Verdict // on the recording alone
}

// PreviewRemeasure finds out which signatures would stand otherwise if recordings
// had the verdicts of their own that the preview has: they, and those that they are
// compared with. It changes nothing but the preview, and sees the state of one moment.
func (db *DB) PreviewRemeasure(ctx context.Context, p *Preview) error {
	conn, err := db.readers.Conn(ctx)
	if err != nil {
		return db.failed("compare signatures", err)
	}
	s := &session{path: db.path, conn: conn, prepared: map[string]*sql.Stmt{}, preview: p}
	err = previewAll(ctx, s)
	if err = errors.Join(err, s.close()); err != nil {
		return db.failed("compare signatures", err)
	}
	return nil
}

func previewAll(ctx context.Context, s *session) (err error) {
	if _, err := s.exec(ctx, `BEGIN`); err != nil {
		return err
	}
	defer func() {
		_, failed := s.exec(context.WithoutCancel(ctx), `ROLLBACK`)
		err = errors.Join(err, failed)
	}()
	for id := ""; ; {
		if id, err = s.preview.after(ctx, id); err != nil || id == "" {
			return err
		}
		seed, err := s.standings(ctx, factsOf, id)
		if err != nil {
			return err
		}
		if len(seed) == 0 {
			continue
		}
		all, err := verdicts(ctx, s, seed[0].AudioSHA256, seed[0].Pseudonym, seed)
		if err != nil {
			return err
		}
		for _, c := range all { // as if it were written
			if err := s.preview.change(ctx, c); err != nil {
				return err
			}
		}
	}
}

// BeginRemeasure begins a run, with an entry in the audit chain that tells the
// thresholds.
func (db *DB) BeginRemeasure(ctx context.Context, actor string, rule petition.Thresholds, version int) (run int64, err error) {
	now := db.now()
	_, err = db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		if run, err = s.newRun(ctx, runRemeasure, now, actor); err != nil {
			return nil, err
		}
		return nil, s.audit(ctx, petition.AuditEntry{
			At:    now,
			Actor: actor,
			Kind:  petition.AuditRemeasure,
			Detail: map[string]string{
				"run":         strconv.FormatInt(run, 10),
				"measure":     strconv.Itoa(version),
				"min_speech":  decimal(rule.SpeechSeconds),
				"min_level":   decimal(rule.LevelDBFS),
				"blank_below": decimal(rule.BlankSeconds),
			},
		}, "")
	})
	return run, err
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

const renewMeasure = `
UPDATE voices SET
	seconds         = ?3,
	speech_seconds  = ?4,
	unclear_seconds = ?5,
	level_dbfs      = ?6,
	peak_dbfs       = ?7,
	clipped         = ?8,
	noise_dbfs      = ?9,
	hum_dbfs        = ?10,
	tone_seconds    = ?11,
	measure_version = ?12
WHERE call_id = ?1
AND file_sha256 = ?2`

const restateOwn = `
UPDATE signatures SET
	own_status = ?2,
	own_reason = ?3
WHERE call_id = ?1`

// restateResult keeps the ending true: who left nothing but silence was silent.
const restateResult = `
UPDATE calls SET
	result = CASE WHEN ?2 = 'blank' THEN 'silent' ELSE 'message' END
WHERE id = ?1
AND result IN ('message', 'silent')`

// Remeasure writes what was found in recordings, and judges anew what follows, in
// one transaction: some dozens at a time, so that no call waits long. It says how
// many signatures stand otherwise since. A recording that is another one by now,
// or is gone, is left out; the same again changes nothing.
//
// Errors: ErrUnavailable.
func (db *DB) Remeasure(ctx context.Context, run int64, batch []Remeasured) (changed int, err error) {
	why := cause{at: db.now(), run: run}
	_, err = db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		var anew []string
		for _, r := range batch {
			m := r.Measure
			there, err := s.exec(ctx, renewMeasure, r.ID, r.FileSHA256, m.Seconds, m.SpeechSeconds, m.UnclearSeconds,
				m.LevelDBFS, m.PeakDBFS, m.Clipped, m.NoiseDBFS, m.HumDBFS, m.ToneSeconds, m.Version)
			if err != nil {
				return nil, err
			}
			if there == 0 {
				continue
			}
			is, err := s.restateOwn(ctx, r.ID, nil, r.Own, run)
			if err != nil {
				return nil, err
			}
			if is {
				anew = append(anew, r.ID)
			}
		}
		changed, err = s.regroupAll(ctx, anew, why)
		return nil, err
	})
	return changed, err
}

// regroupAll judges signatures anew, of which all have their own verdicts by now,
// and says how many verdicts changed.
func (s *session) regroupAll(ctx context.Context, ids []string, why cause) (changed int, err error) {
	for _, id := range ids {
		n, err := regroupCounted(ctx, s, id, why)
		if err != nil {
			return 0, err
		}
		changed += n
	}
	return changed, nil
}

// restateOwn gives a signature another verdict on its recording alone, noted under
// the run if it is not 0; false if it has it already, or has another one than from
// where that is given.
func (s *session) restateOwn(ctx context.Context, id string, from *petition.Verdict, to petition.Verdict, run int64) (bool, error) {
	stands, err := s.standings(ctx, factsOf, id)
	if err != nil || len(stands) == 0 || stands[0].Own == to || from != nil && stands[0].Own != *from {
		return false, err
	}
	if run != 0 {
		own := stands[0].Own
		if _, err := s.exec(ctx, insertRejudged, run, id, string(own.Status), own.Reason, "", string(to.Status), to.Reason, ""); err != nil {
			return false, err
		}
	}
	if _, err := s.exec(ctx, restateOwn, id, string(to.Status), to.Reason); err != nil {
		return false, err
	}
	_, err = s.exec(ctx, restateResult, id, string(to.Status))
	return true, err
}

// UndoRemeasure gives every recording of a run the verdict of its own that it had
// before, where the run's still stands, judges anew what follows, and says of how
// many. What was measured stays: it is no judgement.
//
// Errors: ErrNoRun, ErrUndone, ErrUnavailable.
func (db *DB) UndoRemeasure(ctx context.Context, run int64, actor string) (int, error) {
	if err := db.standingRun(ctx, run, runRemeasure); err != nil {
		return 0, err
	}
	changes, err := db.rejudged(ctx, run)
	if err != nil {
		return 0, err
	}
	why := cause{at: db.now(), actor: actor, run: run}
	undone := 0
	for batch := range slices.Chunk(changes, decideBatch) {
		var back int
		_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
			var anew []string
			for _, c := range batch {
				is, err := s.restateOwn(ctx, c.ID, &c.To, c.From, 0)
				if err != nil {
					return nil, err
				}
				if is {
					anew = append(anew, c.ID)
				}
			}
			back = len(anew)
			_, err := s.regroupAll(ctx, anew, why)
			return nil, err
		})
		if err != nil {
			return undone, fmt.Errorf("run %d was taken back in part, of %d signatures; the same again takes back the rest: %w", run, undone, err)
		}
		undone += back
	}
	return undone, db.endRun(ctx, why, undone)
}
