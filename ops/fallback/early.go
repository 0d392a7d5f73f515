package fallback

import (
	"context"
	"os"

	"glennline/ops/ledger"
	"glennline/petition"
)

// early makes the row of a call that was over before anything was recorded, and
// then removes its note.
func (in *Ingester) early(ctx context.Context, call petition.Call, w petition.Witnessed, note string) error {
	closing := petition.Closing{
		CallID:     call.ID,
		Ending:     in.unrecorded(w, note),
		AnsweredAt: w.AnsweredAt,
		EndedAt:    w.EndedAt,
	}
	if closing.EndedAt.IsZero() {
		closing.EndedAt = modified(note)
	}
	// One that has ended before, as from its recording, stays what it is.
	if _, err := ledger.Settle(ctx, in.Ledger, call, closing); err != nil {
		return err
	}
	return remove(note)
}

// unrecorded is how a call ended that left a note and no recording. With an
// empty one the dialplan found no room and refused it before the answer, unless a
// power cut emptied it: its name was on disk before the answer, its content and
// Asterisk's log were not. What died with Asterisk or the machine between its note
// and its log was perhaps not answered.
func (in *Ingester) unrecorded(w petition.Witnessed, note string) petition.Ending {
	switch {
	case !w.AnsweredAt.IsZero():
		return petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonEarly}
	case empty(note) && (!w.EndedAt.IsZero() || !modified(note).Before(in.Booted)):
		return petition.Ending{Result: petition.ResultRefused, Reason: petition.ReasonNoRoom}
	case !w.EndedAt.IsZero():
		return petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonBeforeAnswer}
	}
	return petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonAbandoned}
}

func empty(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() == 0
}
