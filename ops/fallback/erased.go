package fallback

import (
	"context"
	"errors"

	"glennline/ops/shred"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// erased is a call whose person was erased, and which came back: that there was
// one is kept, and nothing else.
func (in *Ingester) erased(ctx context.Context, call petition.Call, w petition.Witnessed, path, note string) error {
	call.Caller, call.SIPCallID = petition.Caller{Class: petition.ClassUnknown}, ""
	closing := petition.Closing{
		CallID:     call.ID,
		Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonErased},
		AnsweredAt: w.AnsweredAt,
		EndedAt:    w.EndedAt,
	}
	if path == note {
		closing.Ending = unrecorded(w, note)
	}
	if closing.EndedAt.IsZero() {
		closing.EndedAt = modified(path)
	}
	if _, err := in.Ledger.Settle(ctx, call, closing); err != nil && !errors.Is(err, sqlite.ErrAlreadyEnded) {
		return err
	}
	return errors.Join(shred.File(path), shred.File(note))
}
