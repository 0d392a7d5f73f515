package sqlite

import (
	"context"
	"database/sql"
	"time"

	"glennline/petition"
)

// Figure is the figure of the counters, as DB.Figure has it.
func (s *Snapshot) Figure(ctx context.Context) (petition.Figure, error) {
	rows, err := s.tx.QueryContext(ctx, counters)
	return s.db.figure(rows, err)
}

// Frozen is the figure that was fixed for a moment, as DB.Frozen has it.
func (s *Snapshot) Frozen(ctx context.Context, at time.Time) (*Frozen, error) {
	rows, err := s.tx.QueryContext(ctx, frozenAt, frozenSubject(at))
	return s.db.frozen(at, rows, err)
}

// KPIs are the side figures, as DB.KPIs has them.
func (s *Snapshot) KPIs(ctx context.Context) ([]petition.KPI, error) {
	rows, err := s.tx.QueryContext(ctx, allKPIs)
	figures, err := scanKPIs(rows, err)
	if err != nil {
		return nil, s.db.failed("list side figures", err)
	}
	return figures, nil
}

// Span is a part of the calls.
type Span struct {
	Since time.Time // those that began then or later; zero for all
	Until time.Time // those that began before; zero for all
	Line  string    // those of the line; "" for all
}

// CallFacts are what a report counts of a call. Times are unix milliseconds.
type CallFacts struct {
	StartedAt int64
	EndedAt   int64 // 0 while the call lasts
	Line      string
	Language  string // of the notice, "" if nothing was played
	Class     petition.Class
	Known     bool // there is a pseudonym
	Ending    petition.Ending
	Status    petition.Status // of the signature, "" without one
}

const callFacts = `
SELECT
	c.started_at,
	coalesce(c.ended_at, 0),
	c.line,
	coalesce(k.language, ''),
	c.caller_class,
	c.caller_pseudonym IS NOT NULL,
	coalesce(c.result, ''),
	coalesce(c.reason, ''),
	coalesce(s.status, '')
FROM calls AS c INDEXED BY calls_by_start
LEFT JOIN consents AS k ON k.call_id = c.id
LEFT JOIN signatures AS s ON s.call_id = c.id
WHERE c.started_at < ?
ORDER BY c.started_at, c.id`

// Calls gives every call that began before until, or every one if that is zero,
// in the order of (start, id). What found is given is overwritten by the next.
func (s *Snapshot) Calls(ctx context.Context, until time.Time, found func(*CallFacts) error) error {
	_, before := between(time.Time{}, until)
	rows, err := s.tx.QueryContext(ctx, callFacts, before)
	if err != nil {
		return s.db.failed("read the calls", err)
	}
	defer rows.Close()
	var c CallFacts
	var line, language, class, result, reason, status sql.RawBytes
	known := words{}
	for rows.Next() {
		if err := rows.Scan(&c.StartedAt, &c.EndedAt, &line, &language, &class, &c.Known, &result, &reason, &status); err != nil {
			return s.db.failed("read the calls", err)
		}
		c.Line, c.Language = known.text(line), known.text(language)
		c.Class, c.Status = petition.Class(known.text(class)), petition.Status(known.text(status))
		c.Ending = petition.Ending{Result: petition.Result(known.text(result)), Reason: petition.Reason(known.text(reason))}
		if err := found(&c); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.db.failed("read the calls", err)
	}
	return nil
}

// words are texts of which there are few: each is made once.
type words map[string]string

func (w words) text(raw []byte) string {
	if word, ok := w[string(raw)]; ok {
		return word
	}
	word := string(raw)
	w[word] = word
	return word
}

// sharedLines counts, of the counted calls of a span, the second and later ones
// from a telephone line: few lines have several calls, and only these are
// looked at.
const sharedLines = `
WITH several AS (
	SELECT caller_pseudonym
	FROM calls INDEXED BY calls_by_caller
	WHERE caller_pseudonym IS NOT NULL
	GROUP BY caller_pseudonym
	HAVING count(*) > 1
), shared AS (
	SELECT count(*) AS n
	FROM several
	CROSS JOIN calls AS c INDEXED BY calls_by_caller ON c.caller_pseudonym = several.caller_pseudonym
	CROSS JOIN signatures AS s ON s.call_id = c.id
	WHERE c.started_at >= ?1
	AND c.started_at < ?2
	AND (?3 = '' OR c.line = ?3)
	AND s.status = 'counted'
	GROUP BY c.caller_pseudonym
)
SELECT coalesce(sum(n - 1), 0)
FROM shared`

// Repeated is how many counted calls of the span come from a telephone line that
// another counted call of it comes from: what is left of those with a known
// caller are different lines.
func (s *Snapshot) Repeated(ctx context.Context, span Span) (int, error) {
	since, until := between(span.Since, span.Until)
	var n int
	if err := s.tx.QueryRowContext(ctx, sharedLines, since, until, span.Line).Scan(&n); err != nil {
		return 0, s.db.failed("count the lines", err)
	}
	return n, nil
}

// aside are the channels that did not simply go through glennline; which way
// they went is for petition.Witnessed to say.
const aside = `
SELECT
	coalesce(started_at, answered_at, ended_at, 0) AS at,
	answered_at IS NOT NULL,
	context
FROM witness
WHERE (instr(context, 'fallback') OR instr(context, 'full-') OR instr(context, 'closed') OR instr(context, 'unknown-number'))
AND at >= ?
AND at < ?`

// Aside gives, of the channels in Asterisk's event log that came up in the span,
// those that the dialplan refused or answered by itself, in no order. The log
// knows no line.
func (s *Snapshot) Aside(ctx context.Context, span Span, found func(at time.Time, answered bool, way petition.Way) error) error {
	since, until := between(span.Since, span.Until)
	rows, err := s.tx.QueryContext(ctx, aside, since, until)
	if err != nil {
		return s.db.failed("read witness", err)
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var answered bool
		var w petition.Witnessed
		if err := rows.Scan(&at, &answered, &w.Context); err != nil {
			return s.db.failed("read witness", err)
		}
		if err := found(time.UnixMilli(at).UTC(), answered, w.Way()); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.db.failed("read witness", err)
	}
	return nil
}

// WitnessedFrom are the starts of the first and of the last channel that Asterisk's
// event log still has, as far as it was copied; zero if there is no log.
func (s *Snapshot) WitnessedFrom(ctx context.Context) (first, last time.Time, err error) {
	var from, to sql.NullInt64
	err = s.tx.QueryRowContext(ctx, `
SELECT
	min(coalesce(started_at, answered_at, ended_at)),
	max(coalesce(started_at, answered_at, ended_at))
FROM witness`).Scan(&from, &to)
	if err != nil {
		return first, last, s.db.failed("read witness", err)
	}
	return moment(from), moment(to), nil
}

// PurgedWitness is what is left of a part of Asterisk's event log that was
// removed, its time being over.
type PurgedWitness struct {
	Before   time.Time // what is older was removed; zero for nothing
	Refused  int       // for whatever reason
	Fallback int       // answered by the dialplan
}

// PurgedWitness reads it.
func (s *Snapshot) PurgedWitness(ctx context.Context) (PurgedWitness, error) {
	var p PurgedWitness
	var before sql.NullInt64
	err := s.tx.QueryRowContext(ctx, `
SELECT
	(SELECT n FROM purged_witness WHERE name = 'before'),
	(SELECT coalesce(sum(n), 0) FROM purged_witness WHERE name IN ('refused', 'closing', 'unknown_number')),
	(SELECT coalesce(sum(n), 0) FROM purged_witness WHERE name = 'fallback')`).Scan(&before, &p.Refused, &p.Fallback)
	if err != nil {
		return p, s.db.failed("read witness", err)
	}
	p.Before = moment(before)
	return p, nil
}
