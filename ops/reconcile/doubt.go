package reconcile

import (
	"context"
	"fmt"

	"glennline/petition"
)

// doubtful is a signature whose recording is gone or not what it was. It goes
// to review, unless another status stands before that; a damaged file goes
// aside. Either way somebody has to look for a copy.
func (r *run) doubtful(ctx context.Context, f Finding) error {
	row, err := r.DB.Call(ctx, f.CallID)
	if err != nil {
		return err
	}
	f.At = row.Call.StartedAt
	stays := row.Signature == nil || stands(*row.Signature)
	status := "there is no signature"
	if row.Signature != nil {
		status = fmt.Sprintf("the signature stays %s (%s)", row.Signature.Status, row.Signature.StatusReason)
	}
	switch {
	case !stays && f.Kind == Missing:
		f.Action = "take the signature to review"
	case !stays:
		f.Action = "take the signature to review, and move the file into the quarantine"
	case f.Kind == Missing:
		f.Action = "nothing: " + status
	default:
		f.Action = "move the file into the quarantine; " + status
	}
	f.Action += "; left to you: restore the file from a backup"
	act := func(ctx context.Context, f *Finding) error {
		// Also where it changes nothing now, it is not forgotten: the status that
		// stands may be taken back.
		err := r.DB.Doubt(ctx, f.CallID, string(f.Kind))
		if err == nil && f.Kind == Damaged {
			f.Aside, err = r.aside(f.Path, Damaged)
		}
		return err
	}
	if stays && f.Kind == Missing {
		if r.Apply {
			if err := act(ctx, &f); err != nil {
				return err
			}
		}
		r.found(ctx, f, nil)
		return nil
	}
	if r.found(ctx, f, act) {
		r.report.Left++ // and still to be looked at
	}
	return nil
}

// stands says whether a signature's status is one that a doubt about its
// recording does not change: see petition.Facts.
func stands(s petition.Signature) bool {
	switch s.Status {
	case petition.StatusCounted:
		return s.StatusReason == petition.StatusReasonDecided
	case petition.StatusDuplicate:
		return s.StatusReason == petition.StatusReasonSameAudio
	case petition.StatusReview:
		return s.StatusReason != petition.StatusReasonHousehold && s.StatusReason != petition.StatusReasonSameLine
	case petition.StatusBlank, petition.StatusConfidential, petition.StatusRejected, petition.StatusWithdrawn, petition.StatusTest:
	}
	return true
}
