package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"glennline/petition"
)

const lastEntry = `
SELECT
	seq,
	hash
FROM audit
ORDER BY seq DESC
LIMIT 1`

const insertEntry = `
INSERT INTO audit (
	seq,
	at,
	actor,
	kind,
	subject,
	detail,
	text_sha256,
	previous,
	hash
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

const insertText = `
INSERT INTO audit_texts (
	seq,
	salt,
	text
) VALUES (?, ?, ?)`

// audit appends an entry to the chain, in the transaction of what it tells of.
// Seq, TextHash, Previous and Hash are filled in.
func (s *session) audit(ctx context.Context, e petition.AuditEntry, free string) error {
	seq, head, err := s.auditHead(ctx)
	if err != nil {
		return err
	}
	e.Seq, e.Previous = seq+1, head
	e.At = stored(e.At)
	salt := ""
	if free != "" {
		var random [16]byte
		_, _ = rand.Read(random[:]) // never fails
		salt = hex.EncodeToString(random[:])
		e.TextHash = petition.TextSum(salt, free)
	}
	e.Hash = e.Sum()
	detail := ""
	if len(e.Detail) > 0 {
		raw, err := json.Marshal(e.Detail)
		if err != nil {
			return err
		}
		detail = string(raw)
	}
	_, err = s.exec(ctx, insertEntry, e.Seq, e.At.UnixMilli(), e.Actor, string(e.Kind), e.Subject, detail, e.TextHash, e.Previous, e.Hash)
	if err == nil && free != "" {
		_, err = s.exec(ctx, insertText, e.Seq, salt, free)
	}
	if err == nil {
		s.audited = true
	}
	return err
}

// auditHead is the last entry of the chain.
func (s *session) auditHead(ctx context.Context) (seq int64, hash string, err error) {
	stmt, err := s.statement(ctx, lastEntry)
	if err != nil {
		return 0, "", err
	}
	err = stmt.QueryRowContext(ctx).Scan(&seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, petition.AuditStart, nil
	}
	return seq, hash, err
}

// Audit appends an entry to the chain. free is a text that may be erased later,
// "" for none.
func (db *DB) Audit(ctx context.Context, e petition.AuditEntry, free string) error {
	if e.At.IsZero() {
		e.At = db.now()
	}
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		return nil, s.audit(ctx, e, free)
	})
	return err
}

// selectEntries is the head of every query whose rows are for scanEntry.
const selectEntries = `
SELECT
	a.seq,
	a.at,
	a.actor,
	a.kind,
	a.subject,
	a.detail,
	a.text_sha256,
	a.previous,
	a.hash,
	coalesce(t.salt, ''),
	coalesce(t.text, '')
FROM audit AS a
LEFT JOIN audit_texts AS t ON t.seq = a.seq`

const entriesFrom = selectEntries + `
WHERE a.seq > ?
ORDER BY a.seq`

const entriesAbout = selectEntries + `
WHERE a.subject = ?
ORDER BY a.seq`

// AuditSince gives the entries after the one with the number, and the free text
// of each with its salt, "" if there is none or it was erased. They are given as
// they are stored, whether or not they fit.
func (db *DB) AuditSince(ctx context.Context, seq int64, found func(e petition.AuditEntry, salt, free string) error) error {
	return db.entries(ctx, found, entriesFrom, seq)
}

// AuditAbout gives the entries of the audit chain about one signature, each with
// its free text.
func (db *DB) AuditAbout(ctx context.Context, callID string, found func(e petition.AuditEntry, free string) error) error {
	return db.entries(ctx, func(e petition.AuditEntry, _, free string) error { return found(e, free) }, entriesAbout, callID)
}

// entries gives the rows of a query that begins with selectEntries.
func (db *DB) entries(ctx context.Context, found func(e petition.AuditEntry, salt, free string) error, query string, arg any) error {
	rows, err := db.readers.QueryContext(ctx, query, arg)
	if err != nil {
		return db.failed("read the audit chain", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, salt, free, err := scanEntry(rows)
		if err != nil {
			return db.failed("read the audit chain", err)
		}
		if err := found(e, salt, free); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return db.failed("read the audit chain", err)
	}
	return nil
}

func scanEntry(rows *sql.Rows) (e petition.AuditEntry, salt, free string, err error) {
	var at int64
	var detail string
	err = rows.Scan(&e.Seq, &at, &e.Actor, &e.Kind, &e.Subject, &detail, &e.TextHash, &e.Previous, &e.Hash, &salt, &free)
	if err != nil {
		return e, "", "", err
	}
	e.At = time.UnixMilli(at).UTC()
	if detail != "" {
		if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
			e.Detail = map[string]string{"": detail} // cannot fit, and that is for the proof to say
		}
	}
	return e, salt, free, nil
}

// statusDetail are the codes of a change of status.
func statusDetail(from, to petition.Verdict, run int64) map[string]string {
	detail := map[string]string{"from": string(from.Status), "to": string(to.Status), "why": to.Reason}
	if to.Of != "" {
		detail["of"] = to.Of
	}
	if run > 0 {
		detail["run"] = strconv.FormatInt(run, 10)
	}
	return detail
}
