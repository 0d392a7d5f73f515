package subject

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"glennline/ops/copies"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// Dossier is what is stored about a person. Its JSON is a contract: keys are
// added, never renamed or removed. Times are UTC.
type Dossier struct {
	MadeAt time.Time `json:"made_at"`
	Calls  []Call    `json:"calls"`
	Copies []Outside `json:"copies"` // made since the first call, which may hold it too
}

// Call is what is stored of a call.
type Call struct {
	ID          string     `json:"id"`
	StartedAt   time.Time  `json:"started_at"`
	Line        string     `json:"line"`
	Dialled     string     `json:"dialled"`
	CallerClass string     `json:"caller_class"`
	Pseudonym   string     `json:"pseudonym"` // of the number, which itself is not stored
	KeyID       string     `json:"key_id"`
	SIPCallID   string     `json:"sip_call_id"`
	System      string     `json:"system"`
	UniqueID    string     `json:"unique_id"`
	Result      string     `json:"result"` // "" while the call lasts
	Reason      string     `json:"reason"`
	AnsweredAt  *time.Time `json:"answered_at"`
	EndedAt     *time.Time `json:"ended_at"`
	Consent     *Consent   `json:"consent"`
	Recording   *Recording `json:"recording"`
	Signature   *Signature `json:"signature"`
	History     []Entry    `json:"history"` // what was done with it
}

// Consent is what was heard before the beep.
type Consent struct {
	Notice   string `json:"notice"`
	Language string `json:"language"`
	Complete bool   `json:"complete"`
}

// Recording is a voice and what was measured in it.
type Recording struct {
	File          string  `json:"file"`     // beside this document; "" if it is left out
	LeftOut       string  `json:"left_out"` // why: confidential, missing, damaged, purged; "" if it is there
	Seconds       float64 `json:"seconds"`
	SpeechSeconds float64 `json:"speech_seconds"`
	Unclear       float64 `json:"unclear_seconds"` // and what else was measured
	LevelDBFS     float64 `json:"level_dbfs"`
	PeakDBFS      float64 `json:"peak_dbfs"`
	Clipped       float64 `json:"clipped"`
	NoiseDBFS     float64 `json:"noise_dbfs"`
	HumDBFS       float64 `json:"hum_dbfs"`
	ToneSeconds   float64 `json:"tone_seconds"`
	FileSHA256    string  `json:"file_sha256"`
	AudioSHA256   string  `json:"audio_sha256"`

	path string // where it lies
}

// Signature is what a voice counts for.
type Signature struct {
	Status      string    `json:"status"`
	Reason      string    `json:"status_reason"`
	DuplicateOf string    `json:"duplicate_of"`
	At          time.Time `json:"status_at"`
	ByPerson    bool      `json:"by_person"`  // decided by one, and not by the rule
	TypedName   string    `json:"typed_name"` // the name that was heard, where somebody typed it; "" where the recording is confidential and left out
}

// Entry is one of the audit chain. Who did it is told to the person on request,
// by people.
type Entry struct {
	At     time.Time         `json:"at"`
	Kind   string            `json:"kind"`
	Detail map[string]string `json:"detail"`
	Text   string            `json:"text"` // what was written about it; "" for nothing
}

// Outside is a copy that was made.
type Outside struct {
	Kind    string     `json:"kind"`
	Path    string     `json:"path"`
	At      time.Time  `json:"at"`
	Expires *time.Time `json:"expires"` // null if nobody said when it goes
	Holds   string     `json:"holds"`   // of the person: voice, row, perhaps, or everything
}

// The reasons for which a recording is left out.
const (
	LeftConfidential = "confidential"
	LeftMissing      = "missing"
	LeftDamaged      = "damaged"
	LeftPurged       = "purged"
)

// Source is where a person's data lie.
type Source struct {
	DB           *sqlite.DB
	Archive      string // folder
	Copies       []copies.Copy
	Professional bool // whoever asks may hear what is confidential
}

// Describe puts together what is stored about the person of the calls.
func (s Source) Describe(ctx context.Context, rows []sqlite.CallRow, now time.Time) (Dossier, error) {
	d := Dossier{MadeAt: now.UTC().Truncate(time.Second), Calls: []Call{}, Copies: []Outside{}}
	for _, row := range rows {
		call, err := s.call(ctx, row)
		if err != nil {
			return d, err
		}
		d.Calls = append(d.Calls, call)
	}
	held, err := Held(ctx, s.DB, s.Copies, rows)
	d.Copies = append(d.Copies, held...)
	return d, err
}

func (s Source) call(ctx context.Context, row sqlite.CallRow) (Call, error) {
	c := Call{
		ID:          row.Call.ID,
		StartedAt:   row.Call.StartedAt.UTC(),
		Line:        row.Call.Line,
		Dialled:     row.Call.Dialled,
		CallerClass: string(row.Call.Caller.Class),
		Pseudonym:   row.Call.Caller.Pseudonym,
		KeyID:       row.Call.Caller.KeyID,
		SIPCallID:   row.Call.SIPCallID,
		System:      row.Call.System,
		UniqueID:    row.Call.UniqueID,
		History:     []Entry{},
	}
	own, same, err := s.DB.Confidential(ctx, row.Call.ID)
	if err != nil {
		return c, err
	}
	sealed := (own || same) && !s.Professional // from whoever asks
	if closing := row.Closing; closing != nil {
		c.Result, c.Reason = string(closing.Ending.Result), string(closing.Ending.Reason)
		c.AnsweredAt, c.EndedAt = moment(closing.AnsweredAt), moment(closing.EndedAt)
		if closing.Consent != (petition.Consent{}) {
			c.Consent = &Consent{closing.Consent.Notice, closing.Consent.Language, closing.Consent.Complete}
		}
		if closing.Voice != nil {
			c.Recording = s.recording(row, *closing.Voice, sealed)
		}
	}
	if sig := row.Signature; sig != nil {
		name := sig.TypedName
		if sealed {
			name = ""
		}
		c.Signature = &Signature{string(sig.Status), sig.StatusReason, sig.DuplicateOf, sig.ChangedAt, sig.Actor != petition.ActorRule, name}
	}
	err = s.DB.AuditAbout(ctx, row.Call.ID, func(e petition.AuditEntry, free string) error {
		if e.Detail == nil {
			e.Detail = map[string]string{}
		}
		if sealed && e.Kind == petition.AuditName {
			free = ""
		}
		c.History = append(c.History, Entry{e.At, string(e.Kind), e.Detail, free})
		return nil
	})
	return c, err
}

func (s Source) recording(row sqlite.CallRow, v petition.Voice, sealed bool) *Recording {
	r := &Recording{
		File:          row.Call.ID + ".wav",
		Seconds:       v.Measure.Seconds,
		SpeechSeconds: v.Measure.SpeechSeconds,
		Unclear:       v.Measure.UnclearSeconds,
		LevelDBFS:     v.Measure.LevelDBFS,
		PeakDBFS:      v.Measure.PeakDBFS,
		Clipped:       v.Measure.Clipped,
		NoiseDBFS:     v.Measure.NoiseDBFS,
		HumDBFS:       v.Measure.HumDBFS,
		ToneSeconds:   v.Measure.ToneSeconds,
		FileSHA256:    v.FileSHA256,
		AudioSHA256:   v.AudioSHA256,
		path:          filepath.Join(s.Archive, filepath.FromSlash(v.Path)),
	}
	switch {
	case !v.PurgedAt.IsZero():
		r.leave(LeftPurged)
	case sealed:
		r.leave(LeftConfidential)
	default:
		if _, err := os.Stat(r.path); err != nil {
			r.leave(LeftMissing)
		}
	}
	return r
}

func (r *Recording) leave(why string) { r.File, r.LeftOut = "", why }

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
