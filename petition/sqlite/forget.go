package sqlite

import (
	"context"
	"errors"
	"fmt"

	"glennline/petition"
)

// ErrErased says that the person behind a call was erased: nothing of it comes
// back.
var ErrErased = errors.New("call was erased")

// Forget erases the person behind a call: its voice, its signature, every
// decision on it, the caller's pseudonym, and the SIP Call-ID, which is the key
// to the carrier's records. What stays is that there was a call, when, on which
// line, and how it ended, with ReasonErased where it had left a voice. What was
// compared with it is judged anew. The recording itself is not touched, and the
// texts of its audit entries are erased. Again, or for a call that is not there,
// it does nothing.
//
// Pages of the file may still hold what was on them: see Scour.
func (db *DB) Forget(ctx context.Context, callID, actor string) error {
	now := db.now()
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		return nil, forget(ctx, s, callID, cause{at: now, actor: actor})
	})
	if err != nil {
		return fmt.Errorf("forget call %s: %w", callID, err)
	}
	return nil
}

var forgetting = []string{
	`DELETE FROM audit_texts WHERE seq IN (SELECT seq FROM audit WHERE subject = ?)`,
	`DELETE FROM rejudged WHERE call_id = ?`,
	`DELETE FROM decisions WHERE call_id = ?`,
	`DELETE FROM acceptances WHERE call_id = ?`,
	`DELETE FROM alerts WHERE call_id = ?`,
	`DELETE FROM signatures WHERE call_id = ?`,
	`UPDATE calls SET reason = 'erased' WHERE id = ? AND EXISTS (SELECT 1 FROM voices WHERE call_id = calls.id)`,
	`DELETE FROM voices WHERE call_id = ?`,
	`UPDATE calls SET caller_pseudonym = NULL, caller_key_id = NULL, sip_call_id = '' WHERE id = ?`,
}

func forget(ctx context.Context, s *session, id string, why cause) error {
	gone, err := s.standings(ctx, factsOf, id)
	if err != nil {
		return err
	}
	marked, err := s.exec(ctx, `UPDATE calls SET erased_at = ?2 WHERE id = ?1 AND erased_at IS NULL`, id, millis(why.at))
	if err != nil || marked == 0 && len(gone) == 0 {
		return err
	}
	for _, statement := range forgetting {
		if _, err := s.exec(ctx, statement, id); err != nil {
			return err
		}
	}
	from := ""
	if len(gone) > 0 {
		from = string(gone[0].Status)
	}
	err = s.audit(ctx, petition.AuditEntry{
		At:      why.at,
		Actor:   why.actor,
		Kind:    petition.AuditErase,
		Subject: id,
		Detail:  map[string]string{"from": from},
	}, "")
	if err != nil || len(gone) == 0 {
		return err
	}
	_, err = regroupKeys(ctx, s, gone[0].AudioSHA256, gone[0].Pseudonym, nil, why)
	return err
}
