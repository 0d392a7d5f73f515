package fallback

import (
	"context"
	"errors"

	"glennline/ops/ledger"
	"glennline/ops/shred"
	"glennline/petition"
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
		closing.Ending = in.unrecorded(w, note)
	}
	if closing.EndedAt.IsZero() {
		closing.EndedAt = modified(path)
	}
	if _, err := ledger.Settle(ctx, in.Ledger, call, closing); err != nil {
		return err
	}
	return errors.Join(shred.File(path), shred.File(note))
}
