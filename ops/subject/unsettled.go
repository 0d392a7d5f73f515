package subject

import (
	"fmt"
	"slices"
	"strings"

	"glennline/petition"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

// Unsettled are calls of a person that the ledger does not have to their end.
// As long as there is one, nobody is erased: half of it would stay, or come back.
type Unsettled struct {
	Open    []string // in progress, or abandoned and not closed yet
	Journal int      // entries that wait for a database that could not be written
	Spool   []string // that the dialplan answered by itself and that were not brought in yet
}

// Settled checks that nothing more of a person's calls is on its way. waiting are
// the calls in the spool (fallback.Ingester.Waiting), journalDir is the journal's
// folder.
func Settled(q Query, rows []sqlite.CallRow, waiting []petition.Call, journalDir string) (Unsettled, error) {
	var u Unsettled
	ids := make(map[string]bool)
	for _, row := range rows {
		ids[row.Call.ID] = true
		if row.Closing == nil {
			u.Open = append(u.Open, row.Call.ID)
		}
	}
	mine := func(c petition.Call) bool {
		return ids[c.ID] || c.Caller.Pseudonym != "" && slices.Contains(q.Pseudonyms, c.Caller.Pseudonym)
	}
	for _, call := range waiting {
		if mine(call) {
			u.Spool = append(u.Spool, call.ID)
		}
	}
	_, err := journal.Read(journalDir, func(e journal.Entry) error {
		if e.Begin != nil && mine(*e.Begin) || e.Settle != nil && mine(e.Settle.Call) || ids[e.CallID()] {
			u.Journal++
		}
		return nil
	})
	return u, err
}

// String says what is unsettled, and what to do; "" for nothing.
func (u Unsettled) String() string {
	var why []string
	if n := len(u.Open); n > 0 {
		why = append(why, fmt.Sprintf("%d in progress (%s): wait until it is over; one that was abandoned long ago 'glennline reconcile --apply' closes", n, strings.Join(u.Open, ", ")))
	}
	if u.Journal > 0 {
		why = append(why, fmt.Sprintf("%d in the journal, for a database that could not be written: the service brings them in as soon as it can be", u.Journal))
	}
	if n := len(u.Spool); n > 0 {
		why = append(why, fmt.Sprintf("%d that Asterisk answered by itself: 'glennline reconcile --apply' brings them in once they are over", n))
	}
	return strings.Join(why, "; ")
}

// Err is nil if there is nothing unsettled, else ErrInProgress.
func (u Unsettled) Err() error {
	why := u.String()
	if why == "" {
		return nil
	}
	return fmt.Errorf("%w: %s; nothing was changed", ErrInProgress, why)
}
