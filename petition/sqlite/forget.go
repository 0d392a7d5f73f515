package sqlite

import (
	"context"
	"fmt"

	"glennline/petition"
)

// Forget removes from the ledger a call's voice, its signature, every decision
// on it and the caller's pseudonym; the call and its ending stay. What was
// compared with it is judged anew. The recording itself is not touched, and the
// texts of its audit entries are erased.
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
	`DELETE FROM decisions WHERE call_id = ?`,
	`DELETE FROM signatures WHERE call_id = ?`,
	`DELETE FROM voices WHERE call_id = ?`,
	`UPDATE calls SET caller_pseudonym = NULL, caller_key_id = NULL WHERE id = ?`,
}

func forget(ctx context.Context, s *session, id string, why cause) error {
	gone, err := s.standings(ctx, factsOf, id)
	if err != nil {
		return err
	}
	for _, statement := range forgetting {
		if _, err := s.exec(ctx, statement, id); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	err = s.audit(ctx, petition.AuditEntry{
		At:      why.at,
		Actor:   why.actor,
		Kind:    petition.AuditErase,
		Subject: id,
		Detail:  map[string]string{"from": string(gone[0].Status)},
	}, "")
	if err != nil {
		return err
	}
	return regroupKeys(ctx, s, gone[0].AudioSHA256, gone[0].Pseudonym, nil, why)
}
