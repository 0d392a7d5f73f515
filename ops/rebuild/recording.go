package rebuild

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glennline/ops/ledger"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// together is how many recordings are looked at at once, so that they share
// transactions.
const together = 16

// recordings brings in what is in the archive.
func (r *run) recordings(ctx context.Context) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	err := r.store.Walk(ctx, func(e archive.Entry) error {
		group.Go(func() error {
			state, why, err := r.recording(ctx, e)
			mu.Lock()
			defer mu.Unlock()
			if r.Progress != nil {
				r.Progress(r.report.Recordings)
			}
			if why != nil {
				r.refuse("archive: "+e.Path, why)
			}
			if e.ID != "" {
				r.report.Recordings++
			}
			switch state {
			case known:
				r.report.Known++
			case witnessed:
				r.report.Witnessed++
			case unknown:
			}
			return err
		})
		return ctx.Err()
	})
	return errors.Join(group.Wait(), err)
}

// state is what is known of a recording's call.
type state int

const (
	unknown state = iota
	witnessed
	known
)

// recording brings one recording in. why says what is wrong with it alone.
func (r *run) recording(ctx context.Context, e archive.Entry) (s state, why, err error) {
	if e.ID == "" {
		return unknown, errors.New("its name is none of ours; it stays where it is"), nil
	}
	if r.old.erased[e.ID] {
		return unknown, errErased, nil
	}
	row, err := r.db.Call(ctx, e.ID)
	switch {
	case errors.Is(err, sqlite.ErrNotFound):
	case err != nil:
		return unknown, nil, err
	case row.Closing != nil && row.Closing.Voice != nil && row.Closing.Voice.Path == e.Path:
		return known, nil, nil
	}
	voice, err := r.store.Examine(ctx, e.Path)
	if ctx.Err() != nil {
		return unknown, nil, ctx.Err()
	}
	if err != nil {
		return unknown, err, nil
	}
	if call := row.Call; call.ID == "" && r.Tombstones.Known(voice.AudioSHA256) {
		return unknown, errErased, nil
	}
	call, w := row.Call, petition.Witnessed{}
	if call.ID == "" {
		if call, w, err = r.callOf(ctx, e); err != nil {
			return unknown, nil, err
		}
	}
	if w.UniqueID != "" {
		s = witnessed
	}
	_, err = ledger.Settle(ctx, r.db, call, closing(call, w, voice))
	if err != nil && !errors.Is(err, sqlite.ErrUnavailable) && ctx.Err() == nil {
		return s, err, nil
	}
	return s, nil, err
}

// closing is how a call ended as far as a recording tells. Nothing says whether
// the notice was heard to its end, so the consent is not complete.
func closing(call petition.Call, w petition.Witnessed, voice petition.Voice) petition.Closing {
	c := petition.Closing{
		CallID:     call.ID,
		Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonRebuilt},
		AnsweredAt: w.AnsweredAt,
		EndedAt:    w.EndedAt,
		Voice:      &voice,
	}
	if c.AnsweredAt.IsZero() {
		c.AnsweredAt = call.StartedAt // or little later: there is a recording, so it was answered
	}
	if c.EndedAt.IsZero() {
		c.EndedAt = c.AnsweredAt.Add(time.Duration(voice.Measure.Seconds * float64(time.Second)))
	}
	return c
}

// callOf is the call of a recording that no row tells of: from Asterisk's log,
// or from its path alone.
func (r *run) callOf(ctx context.Context, e archive.Entry) (petition.Call, petition.Witnessed, error) {
	call := petition.Call{
		ID:        e.ID,
		UniqueID:  unknownID(e.ID),
		StartedAt: startOf(e),
		Caller:    petition.Caller{Class: petition.ClassUnknown},
	}
	found, err := witness.Of(ctx, r.db, e.ID)
	if found.UniqueID != "" {
		call.System, call.UniqueID = callid.System(found.UniqueID), found.UniqueID
	}
	return call, found, err
}

// unknownID stands for the UNIQUEID of a call of which nobody knows what Asterisk
// called it.
func unknownID(id string) string { return "rebuilt-" + id }

// startOf is when a call began: the time in its id, as long as that is on the
// day on which the recording was put.
func startOf(e archive.Entry) time.Time {
	at, _ := callid.Time(e.ID)
	const day = "2006/01/02"
	if strings.HasPrefix(e.Path, at.UTC().Format(day)+"/") {
		return at
	}
	if on, err := time.Parse(day, e.Path[:min(len(day), len(e.Path))]); err == nil {
		return on
	}
	return at
}
