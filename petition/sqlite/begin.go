package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"glennline/petition"
)

const insertCall = `
INSERT INTO calls (
	id,
	system,
	unique_id,
	sip_call_id,
	line,
	dialled,
	started_at,
	caller_class,
	caller_pseudonym,
	caller_key_id
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING`

// Begin writes a call before it is answered. A call that is there already,
// ended or not, stays as it is: beginning it again is no error.
//
// Errors: ErrUnavailable, ErrInvalid, ErrOtherCall, and the context's, after
// which the call may or may not have been written.
func (db *DB) Begin(ctx context.Context, call petition.Call) error {
	_, err := db.changeCall(ctx, 0, func(ctx context.Context, s *session) (*petition.Signature, error) {
		return nil, begin(ctx, s, call, db.now())
	})
	if err != nil {
		return fmt.Errorf("begin call %s: %w", call.ID, err)
	}
	return nil
}

// change asks the writer.
func (db *DB) change(ctx context.Context, change change) (*petition.Signature, error) {
	return db.request(ctx, &request{change: change})
}

// changeCall asks the writer for what only changes a call, and holds nothing that
// it would add to when it is done again. It may wait for others for delay.
func (db *DB) changeCall(ctx context.Context, delay time.Duration, change change) (*petition.Signature, error) {
	return db.request(ctx, &request{change: change, again: true, delay: delay})
}

func (db *DB) request(ctx context.Context, r *request) (*petition.Signature, error) {
	if db.writer == nil {
		return nil, &UnavailableError{Path: db.path, Cause: ErrReadOnly, Err: errors.New("it was opened for reading")}
	}
	return db.writer.do(ctx, r)
}

func begin(ctx context.Context, s *session, call petition.Call, now time.Time) error {
	if err := s.rekey(ctx, call.Caller, now); err != nil {
		return err
	}
	inserted, err := s.exec(ctx, insertCall,
		call.ID,
		call.System,
		call.UniqueID,
		call.SIPCallID,
		call.Line,
		call.Dialled,
		millis(call.StartedAt),
		string(call.Caller.Class),
		text(call.Caller.Pseudonym),
		text(call.Caller.KeyID),
	)
	if err != nil || inserted > 0 {
		return err
	}
	return sameCall(ctx, s, call)
}

// sameCall tells a call that is begun again from another one under its id. That
// can happen after Asterisk was restarted and the clock stepped back: counter
// and second, which the id is made from, come again. The Call-ID does not.
func sameCall(ctx context.Context, s *session, call petition.Call) error {
	var system, uniqueID, sipCallID string
	err := s.row(ctx, `SELECT system, unique_id, sip_call_id FROM calls WHERE id = ?`, call.ID,
		&system, &uniqueID, &sipCallID)
	if err != nil {
		return err
	}
	if system != call.System || uniqueID != call.UniqueID ||
		sipCallID != "" && call.SIPCallID != "" && sipCallID != call.SIPCallID {
		return ErrOtherCall
	}
	return nil
}
