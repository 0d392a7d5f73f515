// Package subject serves the rights of the people who called: it finds what is
// stored about one of them, hands it out, and erases it.
package subject

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// What can be wrong with a question. Nothing was changed.
var (
	ErrNothing    = errors.New("nothing is stored about this person")
	ErrSeveral    = errors.New("several calls match")
	ErrInProgress = errors.New("calls of this person are not settled yet")
)

// Query names a person: by the pseudonyms of a number under each kept key; or by
// a call, where the number was withheld or its key is destroyed.
type Query struct {
	Number     bool     // a number was given
	Pseudonyms []string // none where no key is kept

	CallID   string    // a call, with all others from the same number
	From, To time.Time // or when it began: then or later, and before
	Line     string    // on which line
}

// By is how the query names the person, for the audit chain.
func (q Query) By() string {
	switch {
	case q.Number:
		return "number"
	case q.CallID != "":
		return "call"
	}
	return "time"
}

// Find gives the calls of a person in the order of their start. By time and
// line it looks at calls without a number alone, since those with one are found
// by it, and must meet exactly one: others' calls are nobody's business.
//
// Errors: ErrNothing; ErrSeveral, as a SeveralError; those of package sqlite.
func Find(ctx context.Context, db *sqlite.DB, q Query) ([]sqlite.CallRow, error) {
	switch q.By() {
	case "number":
		rows, err := db.CallsOf(ctx, q.Pseudonyms...)
		if err == nil && len(rows) == 0 {
			err = ErrNothing
		}
		slices.SortStableFunc(rows, func(a, b sqlite.CallRow) int { return a.Call.StartedAt.Compare(b.Call.StartedAt) })
		return rows, err
	case "call":
		row, err := db.Call(ctx, q.CallID)
		if err == nil && !row.ErasedAt.IsZero() {
			return nil, fmt.Errorf("call %s was erased on %s: %w", row.Call.ID, row.ErasedAt.Format(time.DateOnly), ErrNothing)
		}
		if err == nil && row.Call.Caller.Pseudonym != "" {
			return db.CallsOf(ctx, row.Call.Caller.Pseudonym)
		}
		return []sqlite.CallRow{row}, err
	}
	if q.From.IsZero() || q.To.IsZero() {
		return nil, fmt.Errorf("nobody is named: %w", ErrNothing)
	}
	var rows []sqlite.CallRow
	err := db.Calls(ctx, sqlite.Filter{Line: q.Line, Since: q.From, Until: q.To}, func(row sqlite.CallRow) error {
		if row.ErasedAt.IsZero() && row.Call.Caller.Pseudonym == "" && (row.Closing == nil || row.Closing.Voice != nil) {
			rows = append(rows, row)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, fmt.Errorf("no message without a number in that time: %w", ErrNothing)
	case len(rows) > 1:
		return nil, several(rows)
	}
	return rows, nil
}

// SeveralError is what ErrSeveral comes as.
type SeveralError struct{ Calls []petition.Call }

func several(rows []sqlite.CallRow) error {
	e := &SeveralError{}
	for _, row := range rows {
		e.Calls = append(e.Calls, row.Call)
	}
	return e
}

// named is how many calls a SeveralError names.
const named = 5

func (e *SeveralError) Error() string {
	var calls []string
	for _, call := range e.Calls[:min(len(e.Calls), named)] {
		calls = append(calls, call.ID+" at "+call.StartedAt.UTC().Format("15:04:05 UTC"))
	}
	if len(e.Calls) > named {
		calls = append(calls, "…")
	}
	return fmt.Sprintf("%d messages without a number in that time: %s; give less time, or name the call with --call",
		len(e.Calls), strings.Join(calls, ", "))
}

// Unwrap makes errors.Is find ErrSeveral.
func (e *SeveralError) Unwrap() error { return ErrSeveral }
