package witness

import (
	"context"
	"time"

	"glennline/petition"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
)

// Of finds, in what was copied, the channel that a call's ID was derived from;
// the zero Witnessed if there is none.
func Of(ctx context.Context, db *sqlite.DB, id string) (found petition.Witnessed, err error) {
	at, ok := callid.Time(id)
	if !ok {
		return found, nil
	}
	err = db.WitnessedBetween(ctx, at.Add(-2*time.Second), at.Add(3*time.Second), func(w petition.Witnessed) error {
		if callid.Derive(callid.System(w.UniqueID), w.UniqueID, w.StartedAt) == id {
			found = w
		}
		return nil
	})
	return found, err
}
