package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"glennline/petition"
)

// CallRow is everything that is stored of a call.
type CallRow struct {
	Call      petition.Call
	Closing   *petition.Closing   // nil while the call lasts
	Signature *petition.Signature // nil without a voice
	ErasedAt  time.Time           // when the person behind it was erased; zero if not
}

// SignatureRow is a signature with its call. Closing.Voice is never nil.
type SignatureRow struct {
	Call      petition.Call
	Closing   petition.Closing
	Signature petition.Signature
}

// selectCalls reads the columns that scanCall takes.
const selectCalls = `
SELECT
	c.id,
	c.system,
	c.unique_id,
	c.sip_call_id,
	c.line,
	c.dialled,
	c.started_at,
	c.caller_class,
	c.caller_pseudonym,
	c.caller_key_id,
	c.erased_at,
	c.answered_at,
	c.ended_at,
	c.result,
	c.reason,
	k.notice,
	k.language,
	k.complete,
	v.path,
	v.file_sha256,
	v.audio_sha256,
	v.seconds,
	v.speech_seconds,
	v.unclear_seconds,
	v.level_dbfs,
	v.peak_dbfs,
	v.clipped,
	v.noise_dbfs,
	v.hum_dbfs,
	v.tone_seconds,
	v.measure_version,
	v.repaired,
	v.purged_at,
	s.status,
	s.status_reason,
	s.duplicate_of,
	s.actor,
	s.changed_at,
	s.typed_name,
	s.created_at
FROM calls AS c
LEFT JOIN consents AS k ON k.call_id = c.id
LEFT JOIN voices AS v ON v.call_id = c.id
LEFT JOIN signatures AS s ON s.call_id = c.id`

const selectCall = selectCalls + `
WHERE c.id = ?
ORDER BY c.id`

// call reads one call, sql.ErrNoRows if there is none.
func (s *session) call(ctx context.Context, id string) (CallRow, error) {
	stmt, err := s.statement(ctx, selectCall)
	if err != nil {
		return CallRow{}, err
	}
	return scanCall(stmt.QueryRowContext(ctx, id).Scan)
}

// scanCall reads a row of selectCalls.
func scanCall(scan func(into ...any) error) (CallRow, error) {
	var (
		row                            CallRow
		call                           = &row.Call
		started, answered, ended       sql.NullInt64
		erased, purged                 sql.NullInt64
		pseudonym, key, result, reason sql.NullString
		notice, language               sql.NullString
		complete, repaired             sql.NullBool
		path, file, audio              sql.NullString
		seconds, speech, level, peak   sql.NullFloat64
		unclear, clipped               sql.NullFloat64
		noise, hum, tones              sql.NullFloat64
		measured                       sql.NullInt64
		status, statusReason           sql.NullString
		duplicateOf, actor, name       sql.NullString
		changed, signed                sql.NullInt64
	)
	err := scan(
		&call.ID,
		&call.System,
		&call.UniqueID,
		&call.SIPCallID,
		&call.Line,
		&call.Dialled,
		&started,
		&call.Caller.Class,
		&pseudonym,
		&key,
		&erased,
		&answered,
		&ended,
		&result,
		&reason,
		&notice,
		&language,
		&complete,
		&path,
		&file,
		&audio,
		&seconds,
		&speech,
		&unclear,
		&level,
		&peak,
		&clipped,
		&noise,
		&hum,
		&tones,
		&measured,
		&repaired,
		&purged,
		&status,
		&statusReason,
		&duplicateOf,
		&actor,
		&changed,
		&name,
		&signed,
	)
	if err != nil {
		return CallRow{}, err
	}
	call.StartedAt, row.ErasedAt = moment(started), moment(erased)
	call.Caller.Pseudonym, call.Caller.KeyID = pseudonym.String, key.String
	if !ended.Valid {
		return row, nil
	}
	row.Closing = &petition.Closing{
		CallID:     call.ID,
		Ending:     petition.Ending{Result: petition.Result(result.String), Reason: petition.Reason(reason.String)},
		AnsweredAt: moment(answered),
		EndedAt:    moment(ended),
		Consent:    petition.Consent{Notice: notice.String, Language: language.String, Complete: complete.Bool},
	}
	if path.Valid {
		row.Closing.Voice = &petition.Voice{
			Path:        path.String,
			FileSHA256:  file.String,
			AudioSHA256: audio.String,
			Measure: petition.Measure{
				Version:        int(measured.Int64),
				Seconds:        seconds.Float64,
				SpeechSeconds:  speech.Float64,
				UnclearSeconds: unclear.Float64,
				LevelDBFS:      level.Float64,
				PeakDBFS:       peak.Float64,
				Clipped:        clipped.Float64,
				NoiseDBFS:      noise.Float64,
				HumDBFS:        hum.Float64,
				ToneSeconds:    tones.Float64,
			},
			Repaired: repaired.Bool,
			PurgedAt: moment(purged),
		}
	}
	if status.Valid {
		row.Signature = &petition.Signature{
			ID:           call.ID,
			Status:       petition.Status(status.String),
			StatusReason: statusReason.String,
			DuplicateOf:  duplicateOf.String,
			Actor:        actor.String,
			ChangedAt:    moment(changed),
			CreatedAt:    moment(signed),
			TypedName:    name.String,
		}
	}
	return row, nil
}

// failed gives the error of a reader its meaning.
func (db *DB) failed(what string, err error) error {
	return fmt.Errorf("%s: %w", what, explain(db.path, err))
}
