package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"glennline/petition"
)

const nameOf = `
SELECT coalesce(typed_name, '')
FROM signatures
WHERE call_id = ?
ORDER BY call_id`

const setName = `
UPDATE signatures SET typed_name = nullif(?2, '')
WHERE call_id = ?1`

// A former name was mistyped, or is to be gone: its text does not stay in the
// audit chain.
const dropNameTexts = `
DELETE FROM audit_texts
WHERE seq IN (SELECT seq FROM audit WHERE subject = ? AND kind = 'name')`

// SetName notes the name that somebody heard in a recording and typed, in the
// place of the one before; "" removes it. It changes no figure. The audit chain
// tells that it was done, and holds the name as a salted hash. It says whether
// anything was changed.
//
// Errors: ErrNoSignature, ErrUnavailable.
func (db *DB) SetName(ctx context.Context, callID, name, actor string) (changed bool, err error) {
	now := db.now()
	_, err = db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		var before string
		err := s.row(ctx, nameOf, callID, &before)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil, fmt.Errorf("call %s: it left no voice: %w", callID, ErrNoSignature)
		case err != nil, before == name:
			return nil, err
		}
		changed = true
		return nil, rename(ctx, s, callID, name, cause{at: now, actor: actor})
	})
	return changed && err == nil, err
}

func rename(ctx context.Context, s *session, callID, name string, why cause) error {
	if _, err := s.exec(ctx, dropNameTexts, callID); err != nil {
		return err
	}
	if _, err := s.exec(ctx, setName, callID, name); err != nil {
		return err
	}
	what := "typed"
	if name == "" {
		what = "removed"
	}
	return s.audit(ctx, petition.AuditEntry{
		At:      why.at,
		Actor:   why.actor,
		Kind:    petition.AuditName,
		Subject: callID,
		Detail:  map[string]string{"name": what},
	}, name)
}
