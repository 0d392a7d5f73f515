package reconcile

import (
	"context"
	"errors"

	"glennline/ops/ledger"
	"glennline/petition"
	"glennline/voicemail/wav"
)

// Why a recording is in the quarantine.
const (
	empty      = "empty"
	unreadable = "unreadable"
)

// unusable says why the archive would not take the recording at path, as far as
// its header tells; "" if it would.
func unusable(path string) string {
	_, err := wav.Inspect(path)
	return whyUnusable(err)
}

func whyUnusable(err error) string {
	switch {
	case errors.Is(err, wav.ErrEmpty):
		return empty
	case errors.Is(err, wav.ErrNotWAV), errors.Is(err, wav.ErrFormat), errors.Is(err, wav.ErrTooLarge):
		return unreadable
	}
	return ""
}

// unheard makes a finding about a recording one about a file without usable
// audio, if it is that; row is what becomes of its call's.
func unheard(f *Finding, row, why string) {
	if why != "" {
		f.Kind, f.Action = Unusable, "move it into the quarantine ("+why+"), and "+row+", without a voice"
	}
}

// setAside moves a recording without usable audio into the quarantine, and ends
// its call without a voice: never counted unmeasured, never deleted.
func (r *run) setAside(ctx context.Context, f *Finding, call petition.Call, w petition.Witnessed, closing petition.Closing, path, why string) error {
	closing.Ending = petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonRecord}
	if why == empty {
		closing.Ending = petition.Ending{Result: petition.ResultSilent, Reason: petition.ReasonNoAudio}
		if w.EndedAt.IsZero() { // it died with Asterisk or the machine, which had written nothing yet
			closing.Ending = petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonAbandoned}
		}
	}
	if f.Kind != Unusable {
		unheard(f, "write or complete the row", why) // its header had told otherwise
	}
	_, err := ledger.Settle(ctx, r.DB, call, closing)
	if err != nil {
		return err
	}
	f.Aside, err = r.Archive.Quarantine(path, why)
	return err
}
