package rebuild

import (
	"context"
	"errors"
	"maps"
	"slices"

	"glennline/petition"
	"glennline/petition/callid"
	"glennline/voicemail/archive"
)

var errErased = errors.New("it was erased: 'glennline reconcile --apply' removes the file")

// erased writes that there were the calls of people who were erased, and nothing
// else of them. Asterisk's log tells when, or else the id.
func (r *run) erased(ctx context.Context) error {
	for _, id := range r.Tombstones.IDs() {
		r.old.erased[id] = true
		delete(r.old.decided, id)
	}
	for _, id := range slices.Sorted(maps.Keys(r.old.erased)) {
		at, ok := callid.Time(id)
		if !ok {
			continue
		}
		call, w, err := r.callOf(ctx, archive.Entry{ID: id, Path: at.Format("2006/01/02/") + id + ".wav"})
		if err != nil {
			return err
		}
		ended := petition.Closing{
			CallID:     id,
			Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonErased},
			AnsweredAt: w.AnsweredAt,
			EndedAt:    w.EndedAt,
		}
		if ended.AnsweredAt.IsZero() {
			ended.AnsweredAt = call.StartedAt
		}
		if ended.EndedAt.IsZero() {
			ended.EndedAt = ended.AnsweredAt
		}
		if _, err := r.db.Settle(ctx, call, ended); err != nil {
			return err
		}
	}
	return nil
}

// forget marks them as erased, in the new audit chain too.
func (r *run) forget(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(r.old.erased)) {
		if err := r.db.Forget(ctx, id, r.Actor); err != nil {
			return err
		}
	}
	return nil
}
