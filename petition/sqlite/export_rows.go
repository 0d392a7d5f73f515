package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"glennline/petition"
)

// NeverLeave are the statuses of signatures that are in no export.
var NeverLeave = []petition.Status{petition.StatusConfidential, petition.StatusTest, petition.StatusWithdrawn}

// Why a signature is held back that has none of these statuses: its samples are
// exactly those of one that is; or nobody decided on it, and it is from the line of
// one that is confidential or withdrawn, whose voice it may be.
const (
	HeldSameAudio = "same_audio"
	HeldSameLine  = "same_line"
)

// HeldTakenOut stands for every reason in a part of the calls: who knows that
// somebody called at a certain hour must not learn from a manifest that they told
// something in confidence.
const HeldTakenOut = "taken_out"

// ExportFilter says which signatures are asked for.
type ExportFilter struct {
	Line      string          // of this line; "" for any
	Since     time.Time       // started then or later, to the millisecond
	Until     time.Time       // started before
	Status    petition.Status // "" for any
	Pseudonym bool            // with the callers' pseudonyms
	TypedName bool            // with the names that people typed
}

// narrow says that a part of the calls is asked for.
func (f ExportFilter) narrow() bool {
	return f.Line != "" || !f.Since.IsZero() || !f.Until.IsZero() || f.Status != ""
}

// ExportRow is what leaves of a signature.
type ExportRow struct {
	ID            string
	StartedAt     time.Time // UTC
	Status        petition.Status
	StatusReason  string
	DuplicateOf   string // "" also where that one does not leave
	Line          string
	Class         petition.Class
	Consent       petition.Consent
	SpeechSeconds float64
	Seconds       float64
	Path          string // of the recording, below the archive
	FileSHA256    string
	Purged        bool   // the recording was removed, its time being over
	Doubt         string // why the recording is not what it was; "" if it is
	Pseudonym     string // "" unless it was asked for
	TypedName     string // "" unless it was asked for
}

// heldAudio are the samples of what never leaves, silence apart, which is like
// silence: of what has such a status, and of what nobody decided on from the lines
// of what is confidential or withdrawn.
const heldAudio = `
SELECT hv.audio_sha256
FROM signatures AS h INDEXED BY signatures_held
CROSS JOIN voices AS hv ON hv.call_id = h.call_id
WHERE h.status IN ('confidential', 'test', 'withdrawn')
UNION ALL
SELECT ov.audio_sha256
FROM signatures AS h INDEXED BY signatures_held
CROSS JOIN calls AS hc ON hc.id = h.call_id
CROSS JOIN calls AS oc INDEXED BY calls_by_caller ON oc.caller_pseudonym = hc.caller_pseudonym
CROSS JOIN signatures AS os ON os.call_id = oc.id
CROSS JOIN voices AS ov ON ov.call_id = os.call_id
WHERE h.status IN ('confidential', 'test', 'withdrawn')
AND h.status <> 'test'
AND oc.caller_pseudonym IS NOT NULL
AND os.decided IS NULL
AND os.status <> 'blank'`

// heldLines are the callers of what is confidential or withdrawn.
const heldLines = `
SELECT hc.caller_pseudonym
FROM signatures AS h INDEXED BY signatures_held
CROSS JOIN calls AS hc ON hc.id = h.call_id
WHERE h.status IN ('confidential', 'test', 'withdrawn')
AND h.status <> 'test'
AND hc.caller_pseudonym IS NOT NULL`

// exportRows gives the texts of a row as one, between bytes that are in no UTF-8: the
// driver and database/sql take their time for each value that they hand over.
const exportRows = `
SELECT
	concat_ws(CAST(X'FF' AS TEXT),
		c.id,
		s.status,
		s.status_reason,
		CASE WHEN s.duplicate_of IS NULL THEN '' ELSE coalesce((
			SELECT d.call_id FROM signatures AS d
			LEFT JOIN voices AS dv ON dv.call_id = d.call_id
			WHERE d.call_id = s.duplicate_of
			AND d.status NOT IN ('confidential', 'test', 'withdrawn')
			AND (d.status = 'blank' OR coalesce(dv.audio_sha256, '') NOT IN (` + heldAudio + `))
		), '') END,
		c.line,
		c.caller_class,
		coalesce(k.notice, ''),
		coalesce(k.language, ''),
		coalesce(k.complete, 0),
		coalesce(v.path, ''),
		coalesce(v.file_sha256, ''),
		v.purged_at IS NOT NULL,
		coalesce(s.doubt, '')
	),
	c.started_at,
	coalesce(v.speech_seconds, 0.0),
	coalesce(v.seconds, 0.0),
	CASE WHEN ?5 THEN c.caller_pseudonym END,
	CASE WHEN ?6 THEN s.typed_name END
FROM calls AS c
CROSS JOIN signatures AS s ON s.call_id = c.id
LEFT JOIN voices AS v ON v.call_id = c.id
LEFT JOIN consents AS k ON k.call_id = c.id
WHERE c.started_at >= ?1
AND c.started_at < ?2
AND (?3 = '' OR c.line = ?3)
AND (?4 = '' OR s.status = ?4)
AND s.status NOT IN ('confidential', 'test', 'withdrawn')
AND (s.status = 'blank' OR coalesce(v.audio_sha256, '') NOT IN (` + heldAudio + `))
ORDER BY c.started_at, c.id`

// ExportRows gives the signatures that are asked for and may leave, in the order
// of their calls' (start, id). What never leaves is in none of them, whatever is
// asked for. The row is valid until found returns; its strings stay. An error of
// found ends it and is returned as it is.
func (s *Snapshot) ExportRows(ctx context.Context, f ExportFilter, found func(*ExportRow) error) error {
	since, until := between(f.Since, f.Until)
	rows, err := s.tx.QueryContext(ctx, exportRows, since, until, f.Line, string(f.Status), f.Pseudonym, f.TypedName)
	if err != nil {
		return s.db.failed("list signatures", err)
	}
	defer rows.Close()
	scan := newExportScan()
	for rows.Next() {
		row, err := scan.row(rows)
		if err != nil {
			return s.db.failed("list signatures", err)
		}
		if err := found(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.db.failed("list signatures", err)
	}
	return nil
}

// exportScan reads rows of exportRows. A million rows have few different codes,
// so that each is kept once.
type exportScan struct {
	out     ExportRow
	codes   map[string]string
	texts   string
	started int64
	asked   [2]sql.RawBytes // pseudonym and typed name
}

func newExportScan() *exportScan { return &exportScan{codes: make(map[string]string)} }

func (e *exportScan) row(rows *sql.Rows) (*ExportRow, error) {
	o := &e.out
	if err := rows.Scan(&e.texts, &e.started, &o.SpeechSeconds, &o.Seconds, &e.asked[0], &e.asked[1]); err != nil {
		return nil, err
	}
	var at [13]string
	texts := e.texts
	for i := range at {
		text, rest, more := strings.Cut(texts, "\xff")
		if more == (i == len(at)-1) {
			return nil, fmt.Errorf("signature %s has a text that is not UTF-8", at[0])
		}
		at[i], texts = text, rest
	}
	o.ID, o.StartedAt = at[0], time.UnixMilli(e.started).UTC()
	o.Status, o.StatusReason, o.DuplicateOf = petition.Status(e.code(at[1])), e.code(at[2]), at[3]
	o.Line, o.Class = e.code(at[4]), petition.Class(e.code(at[5]))
	o.Consent = petition.Consent{Notice: e.code(at[6]), Language: e.code(at[7]), Complete: at[8] == "1"}
	o.Path, o.FileSHA256, o.Purged = at[9], at[10], at[11] == "1"
	o.Doubt = e.code(at[12])
	o.Pseudonym, o.TypedName = string(e.asked[0]), string(e.asked[1])
	return o, nil
}

// maxCodes bounds how many different ones are kept.
const maxCodes = 4096

func (e *exportScan) code(text string) string {
	if code, ok := e.codes[text]; ok {
		return code
	}
	if len(e.codes) < maxCodes {
		text = strings.Clone(text) // and not all of its row
		e.codes[text] = text
	}
	return text
}

const heldBack = `
SELECT
	s.status AS why,
	count(*)
FROM signatures AS s INDEXED BY signatures_held
CROSS JOIN calls AS c ON c.id = s.call_id
WHERE s.status IN ('confidential', 'test', 'withdrawn')
AND c.started_at >= ?1
AND c.started_at < ?2
AND (?3 = '' OR c.line = ?3)
AND (?4 = '' OR s.status = ?4)
GROUP BY s.status
ORDER BY why`

// heldRepeats begins with the held samples, which are few.
const heldRepeats = `
WITH held AS MATERIALIZED (SELECT DISTINCT audio_sha256 FROM (` + heldAudio + `))
SELECT
	count(*),
	coalesce(sum(s.decided IS NULL AND c.caller_pseudonym IS NOT NULL AND c.caller_pseudonym IN (` + heldLines + `)), 0)
FROM held
CROSS JOIN voices AS v INDEXED BY voices_by_audio ON v.audio_sha256 = held.audio_sha256
CROSS JOIN signatures AS s ON s.call_id = v.call_id
CROSS JOIN calls AS c ON c.id = v.call_id
WHERE c.started_at >= ?1
AND c.started_at < ?2
AND (?3 = '' OR c.line = ?3)
AND (?4 = '' OR s.status = ?4)
AND s.status NOT IN ('confidential', 'test', 'withdrawn', 'blank')
ORDER BY 1`

// HeldBack counts what is asked for and never leaves, by status, and by
// HeldSameLine and HeldSameAudio; where only a part of the calls is asked for, as
// one number, HeldTakenOut.
func (s *Snapshot) HeldBack(ctx context.Context, f ExportFilter) (map[string]int, error) {
	since, until := between(f.Since, f.Until)
	held := make(map[string]int)
	rows, err := s.tx.QueryContext(ctx, heldBack, since, until, f.Line, string(f.Status))
	if err != nil {
		return nil, s.db.failed("count signatures", err)
	}
	defer rows.Close()
	for rows.Next() {
		var why string
		var n int
		if err := rows.Scan(&why, &n); err != nil {
			return nil, s.db.failed("count signatures", err)
		}
		held[why] = n
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.failed("count signatures", err)
	}
	var others, line int
	if err := s.tx.QueryRowContext(ctx, heldRepeats, since, until, f.Line, string(f.Status)).Scan(&others, &line); err != nil {
		return nil, s.db.failed("count signatures", err)
	}
	if line > 0 {
		held[HeldSameLine] = line
	}
	if others > line {
		held[HeldSameAudio] = others - line
	}
	if f.narrow() && len(held) > 0 {
		all := 0
		for _, n := range held {
			all += n
		}
		return map[string]int{HeldTakenOut: all}, nil
	}
	return held, nil
}
