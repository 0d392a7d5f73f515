package reconcile

import (
	"context"

	"glennline/petition"
	"glennline/petition/callid"
)

// open closes the rows of calls that ended without their ending and left no
// recording. Those with one are completed before, from the spool or the archive.
func (r *run) open(ctx context.Context) error {
	calls, err := r.DB.OpenCalls(ctx)
	if err != nil {
		return err
	}
	for _, call := range calls {
		r.tick()
		if r.told[call.ID] {
			continue // by its recording
		}
		w, err := r.DB.WitnessOf(ctx, call.UniqueID)
		if err != nil {
			return err
		}
		since := call.StartedAt
		if l := latest(w); l.After(since) {
			since = l
		}
		if !r.over(call.ID, call.UniqueID, since, w) {
			continue
		}
		if path, ok := r.archived(call); ok && !r.Tombstones.Erased(call.ID) {
			f := Finding{
				Kind: Unclaimed, CallID: call.ID, UniqueID: call.UniqueID, Path: path, At: call.StartedAt,
				Action: "measure the archived recording and complete the row",
			}
			r.found(ctx, f, func(ctx context.Context, f *Finding) error {
				return r.claim(ctx, f, call, w, path, petition.Consent{Complete: false})
			})
			continue
		}
		f := Finding{
			Kind: Abandoned, CallID: call.ID, UniqueID: call.UniqueID, At: call.StartedAt,
			Action: "close the row as " + abandoned(w).String(),
		}
		r.found(ctx, f, func(ctx context.Context, _ *Finding) error {
			ended := w.EndedAt
			if ended.IsZero() {
				ended = since
			}
			_, err := r.DB.End(ctx, petition.Closing{CallID: call.ID, Ending: abandoned(w), AnsweredAt: w.AnsweredAt, EndedAt: ended})
			return err
		})
	}
	return nil
}

// abandoned is the ending of a call that nobody saw to its end, from what
// Asterisk's log says of it.
func abandoned(w petition.Witnessed) petition.Ending {
	switch {
	case w.UniqueID != "" && w.AnsweredAt.IsZero() && !w.EndedAt.IsZero():
		return petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonBeforeAnswer}
	case !w.EndedAt.IsZero():
		return petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonAbandoned}
	}
	return petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonAbandoned}
}

// witnessedCall is the call of a channel that only Asterisk's log knows.
func witnessedCall(w petition.Witnessed) petition.Call {
	started := w.StartedAt
	if started.IsZero() {
		started = w.AnsweredAt
	}
	system := callid.System(w.UniqueID)
	return petition.Call{
		ID:        callid.Derive(system, w.UniqueID, started),
		System:    system,
		UniqueID:  w.UniqueID,
		StartedAt: started,
		Caller:    petition.Caller{Class: petition.ClassUnknown},
	}
}
