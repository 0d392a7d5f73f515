package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"glennline/petition"
)

// End writes how a call ended, what was heard, and the voice, if any, with the
// signature that it makes, which it returns; nil without a voice. The caller's
// pseudonym is erased in the same transaction unless the consent is complete.
//
// The first closing of a call stands. The same one again changes nothing and
// returns the same signature; another one is ErrAlreadyEnded, as an
// EndedError, beside the signature that stands.
//
// Errors besides: ErrNotBegun, ErrUnavailable, ErrInvalid, and the context's,
// after which it may or may not have been written.
func (db *DB) End(ctx context.Context, closing petition.Closing) (*petition.Signature, error) {
	return db.EndWithin(ctx, closing, 0)
}

// EndWithin is End for somebody who is in no hurry. It waits for other requests,
// so that they share a transaction and its sync, at most for delay; like End, it
// returns when the ending is on disk.
func (db *DB) EndWithin(ctx context.Context, closing petition.Closing, delay time.Duration) (*petition.Signature, error) {
	signature, err := db.changeCall(ctx, delay, func(ctx context.Context, s *session) (*petition.Signature, error) {
		return end(ctx, s, closing, db.now())
	})
	if err != nil {
		return signature, fmt.Errorf("end call %s: %w", closing.CallID, err)
	}
	return signature, nil
}

// Settle is Begin and End in one transaction, for a call that is over when it
// is first written: refused, or found in a journal or on disk. It completes a
// call that was begun, and for one that has ended it does what End does, so any
// replay is harmless. Without complete consent no pseudonym reaches the disk.
func (db *DB) Settle(ctx context.Context, call petition.Call, closing petition.Closing) (*petition.Signature, error) {
	if call.ID != closing.CallID {
		return nil, fmt.Errorf("settle call %s: the closing is of call %s: %w", call.ID, closing.CallID, ErrInvalid)
	}
	if !closing.Consent.Complete { // end would erase it, but perhaps from a page that is on disk already
		call.Caller.Pseudonym, call.Caller.KeyID, call.Caller.Former = "", "", ""
	}
	signature, err := db.changeCall(ctx, 0, func(ctx context.Context, s *session) (*petition.Signature, error) {
		if err := begin(ctx, s, call, db.now()); err != nil {
			return nil, err
		}
		return end(ctx, s, closing, db.now())
	})
	if err != nil {
		return signature, fmt.Errorf("settle call %s: %w", call.ID, err)
	}
	return signature, nil
}

// endCall does not name the pseudonym, not even to leave it as it is: SQLite would
// write its index anew.
const endCall = `
UPDATE calls SET
	answered_at = ?2,
	ended_at    = ?3,
	result      = ?4,
	reason      = ?5
WHERE id = ?1
AND ended_at IS NULL`

// endCallUnheard ends one whose consent is not complete.
const endCallUnheard = `
UPDATE calls SET
	answered_at      = ?2,
	ended_at         = ?3,
	result           = ?4,
	reason           = ?5,
	caller_pseudonym = NULL,
	caller_key_id    = NULL
WHERE id = ?1
AND ended_at IS NULL`

const insertConsent = `
INSERT INTO consents (
	call_id,
	notice,
	language,
	complete
) VALUES (?, ?, ?, ?)`

const insertVoice = `
INSERT INTO voices (
	call_id,
	path,
	file_sha256,
	audio_sha256,
	seconds,
	speech_seconds,
	unclear_seconds,
	level_dbfs,
	peak_dbfs,
	clipped,
	noise_dbfs,
	hum_dbfs,
	tone_seconds,
	measure_version,
	repaired
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const insertSignature = `
INSERT INTO signatures (
	call_id,
	status,
	status_reason,
	duplicate_of,
	own_status,
	own_reason,
	created_at,
	changed_at
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)`

// consent stores what was heard, if anything was.
func consent(ctx context.Context, s *session, c petition.Closing) error {
	if c.Consent == (petition.Consent{}) {
		return nil
	}
	_, err := s.exec(ctx, insertConsent, c.CallID, c.Consent.Notice, c.Consent.Language, c.Consent.Complete)
	return err
}

func end(ctx context.Context, s *session, c petition.Closing, now time.Time) (*petition.Signature, error) {
	ending := endCallUnheard
	if c.Consent.Complete {
		ending = endCall
	}
	updated, err := s.exec(ctx, ending,
		c.CallID,
		millis(c.AnsweredAt),
		millis(c.EndedAt),
		string(c.Ending.Result),
		string(c.Ending.Reason),
	)
	if err != nil {
		return nil, err
	}
	if updated == 0 {
		return endAgain(ctx, s, c)
	}
	if err := consent(ctx, s, c); err != nil {
		return nil, err
	}
	if c.Voice == nil {
		return nil, nil
	}
	return sign(ctx, s, c, now)
}

// sign stores the voice and the signature that it makes.
func sign(ctx context.Context, s *session, c petition.Closing, now time.Time) (*petition.Signature, error) {
	m := c.Voice.Measure
	_, err := s.exec(ctx, insertVoice,
		c.CallID,
		c.Voice.Path,
		c.Voice.FileSHA256,
		c.Voice.AudioSHA256,
		m.Seconds,
		m.SpeechSeconds,
		m.UnclearSeconds,
		m.LevelDBFS,
		m.PeakDBFS,
		m.Clipped,
		m.NoiseDBFS,
		m.HumDBFS,
		m.ToneSeconds,
		m.Version,
		c.Voice.Repaired,
	)
	if err != nil {
		return nil, err
	}
	return newSignature(ctx, s, c, now)
}

// newSignature says what a voice counts for, among those that are there. Where
// it comes before them, as an orphan that was found late does, they are judged
// anew.
func newSignature(ctx context.Context, s *session, c petition.Closing, now time.Time) (*petition.Signature, error) {
	facts := petition.Facts{ID: c.CallID, AudioSHA256: c.Voice.AudioSHA256}
	var started sql.NullInt64
	var erased bool
	if err := s.row(ctx, callerOf, c.CallID, &started, &facts.Class, &facts.Pseudonym, &erased); err != nil {
		return nil, err
	}
	if erased {
		return nil, ErrErased
	}
	facts.StartedAt = moment(started)
	facts.Own.Status, facts.Own.Reason = s.rule.Judge(c.Consent, c.Voice.Measure)
	if facts.Class == petition.ClassTest {
		facts.Own = petition.Verdict{Status: petition.StatusTest, Reason: petition.StatusReasonDoctor}
	}
	verdict, err := judge(ctx, s, facts)
	whole := errors.Is(err, errWhole)
	if err != nil && !whole {
		return nil, err
	}
	_, err = s.exec(ctx, insertSignature,
		c.CallID,
		string(verdict.Status),
		verdict.Reason,
		text(verdict.Of),
		string(facts.Own.Status),
		facts.Own.Reason,
		millis(now),
	)
	if err != nil {
		return nil, err
	}
	if facts.Class == petition.ClassTest {
		err := s.audit(ctx, petition.AuditEntry{
			At: now, Actor: petition.ActorRule, Kind: petition.AuditStatus, Subject: c.CallID,
			Detail: statusDetail(petition.Verdict{}, verdict, 0),
		}, "")
		if err != nil {
			return nil, err
		}
	}
	if whole {
		if err := regroup(ctx, s, c.CallID, cause{at: now, quiet: c.CallID}); err != nil {
			return nil, err
		}
		row, err := s.call(ctx, c.CallID)
		return row.Signature, err
	}
	return &petition.Signature{
		ID:           c.CallID,
		Status:       verdict.Status,
		StatusReason: verdict.Reason,
		DuplicateOf:  verdict.Of,
		Actor:        petition.ActorRule,
		ChangedAt:    stored(now),
		CreatedAt:    stored(now),
	}, nil
}

const callerOf = `
SELECT
	started_at,
	caller_class,
	coalesce(caller_pseudonym, ''),
	erased_at IS NOT NULL
FROM calls
WHERE id = ?
ORDER BY id`

// endAgain answers for a call that is not open.
func endAgain(ctx context.Context, s *session, c petition.Closing) (*petition.Signature, error) {
	row, err := s.call(ctx, c.CallID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotBegun
	}
	if err != nil {
		return nil, err
	}
	if !sameClosing(*row.Closing, c) {
		return row.Signature, &EndedError{Closing: *row.Closing}
	}
	return row.Signature, nil
}

func sameClosing(a, b petition.Closing) bool {
	if !sameVoice(a.Voice, b.Voice) {
		return false
	}
	return a.Ending == b.Ending &&
		a.Consent == b.Consent &&
		stored(a.AnsweredAt).Equal(stored(b.AnsweredAt)) &&
		stored(a.EndedAt).Equal(stored(b.EndedAt))
}

// sameVoice compares what does not change: a recording can be measured anew.
func sameVoice(a, b *petition.Voice) bool {
	if a == nil || b == nil {
		return a == b
	}
	return storedVoice(*a) == storedVoice(*b)
}

func storedVoice(v petition.Voice) petition.Voice {
	v.PurgedAt = time.Time{}
	v.Measure = petition.Measure{}
	return v
}

// EndedError is what ErrAlreadyEnded comes as.
type EndedError struct {
	Closing petition.Closing // the one that stands
}

func (e *EndedError) Error() string {
	return fmt.Sprintf("%v as %v, which stands", ErrAlreadyEnded, e.Closing.Ending)
}

// Unwrap makes errors.Is find ErrAlreadyEnded.
func (e *EndedError) Unwrap() error { return ErrAlreadyEnded }
