package subject

import (
	"context"
	"slices"
	"time"

	"glennline/ops/copies"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// What a copy holds of a person.
const (
	HoldsAll     = "everything" // as a backup does
	HoldsVoice   = "voice"      // a recording, and what is known of it
	HoldsRow     = "row"        // what is known of a recording
	HoldsPerhaps = "perhaps"    // a row, and it is not known whether a voice
)

// Held are the copies that may hold something of the person of the calls, and
// what. What was handed out to somebody else is none of theirs to hear of.
func Held(ctx context.Context, db *sqlite.DB, all []copies.Copy, rows []sqlite.CallRow) ([]Outside, error) {
	var held []Outside
	for _, c := range all {
		most := ""
		for _, row := range rows {
			holds, err := holds(ctx, db, c, row)
			if err != nil {
				return nil, err
			}
			if rank[holds] > rank[most] {
				most = holds
			}
		}
		if most != "" {
			held = append(held, Outside{string(c.Kind), c.Path, c.At, moment(c.Expires), most})
		}
	}
	return held, nil
}

var rank = map[string]int{HoldsRow: 1, HoldsPerhaps: 2, HoldsVoice: 3, HoldsAll: 4}

// holds is what a copy has of a call; "" for nothing.
func holds(ctx context.Context, db *sqlite.DB, c copies.Copy, row sqlite.CallRow) (string, error) {
	if c.At.Before(there(row).Truncate(time.Second)) {
		return "", nil
	}
	switch {
	case c.Kind == copies.Backup:
		return HoldsAll, nil
	case c.Kind == copies.Subject && c.Holds != "":
		return only(HoldsAll, slices.Contains(c.Voices, row.Call.ID)), nil
	case c.Kind == copies.Subject:
		its, err := handedOut(ctx, db, row.Call.ID, c.At)
		return only(HoldsAll, its), err
	}
	at := row.Call.StartedAt
	switch {
	case row.Signature == nil: // rows are of signatures
		return "", nil
	case c.Line != "" && c.Line != row.Call.Line, !c.Since.IsZero() && at.Before(c.Since), !c.Until.IsZero() && !at.Before(c.Until):
		return "", nil
	case c.Holds == copies.Voices && (len(c.Voices) == 0 || slices.Contains(c.Voices, row.Call.ID)):
		return HoldsVoice, nil
	case c.Holds == "" && c.Kind == copies.Bundle:
		return HoldsPerhaps, nil
	}
	return HoldsRow, nil
}

func only(what string, is bool) string {
	if !is {
		return ""
	}
	return what
}

// there is since when a call can be in a copy. Of one whose clock was ahead, the
// signature tells when it was there at the latest.
func there(row sqlite.CallRow) time.Time {
	if row.Signature != nil && row.Signature.CreatedAt.Before(row.Call.StartedAt) {
		return row.Signature.CreatedAt
	}
	return row.Call.StartedAt
}

// handedOut says whether what is stored about the person of a call was handed out
// at that moment: older versions did not note of whom an export was, but wrote it
// to the audit chain just before.
func handedOut(ctx context.Context, db *sqlite.DB, callID string, at time.Time) (is bool, err error) {
	const around = time.Minute
	err = db.AuditAbout(ctx, callID, func(e petition.AuditEntry, _ string) error {
		is = is || e.Kind == petition.AuditExport && e.At.Sub(at).Abs() < around
		return nil
	})
	return is, err
}
