package fallback

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// vouched says whether anything beside the recording knows of its call:
// Asterisk's log, the note before the answer, or a row. Its name says that the
// notice was heard to its end, but a name can be given to any file: what nothing
// vouches for is reviewed, and not counted.
func (in *Ingester) vouched(ctx context.Context, callID string, w petition.Witnessed, note string) (bool, error) {
	if !w.AnsweredAt.IsZero() || noted(note) {
		return true, nil
	}
	_, err := in.Ledger.Call(ctx, callID)
	if errors.Is(err, sqlite.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// noted says whether there is a note that says what the dialplan writes into it.
func noted(note string) bool {
	raw, err := os.ReadFile(note)
	if err != nil {
		return false
	}
	values, err := url.ParseQuery(strings.TrimSpace(string(raw)))
	return err == nil && values.Has("presentation")
}
