package petition

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrTransition says that a person may not take a signature from one status to
// another.
var ErrTransition = errors.New("not allowed")

// transitions are the decisions that a person can take, from the status that a
// signature has. A duplicate is named by the rule alone; what was withdrawn
// comes back only by undoing the decision.
var transitions = map[Status][]Status{
	StatusCounted:      {StatusBlank, StatusReview, StatusConfidential, StatusRejected, StatusWithdrawn, StatusTest},
	StatusBlank:        {StatusCounted, StatusReview, StatusConfidential, StatusRejected, StatusTest},
	StatusDuplicate:    {StatusCounted, StatusReview, StatusConfidential, StatusRejected, StatusWithdrawn, StatusTest},
	StatusReview:       {StatusCounted, StatusBlank, StatusConfidential, StatusRejected, StatusWithdrawn, StatusTest},
	StatusConfidential: {StatusCounted, StatusReview, StatusRejected, StatusWithdrawn},
	StatusRejected:     {StatusReview, StatusConfidential, StatusWithdrawn},
	StatusWithdrawn:    {},
	StatusTest:         {StatusReview},
}

// Transition is nil if a person may take a signature from one status to
// another, and ErrTransition otherwise.
func Transition(from, to Status) error {
	allowed, known := transitions[from]
	switch {
	case !known:
		return fmt.Errorf("%q is no status: %w", from, ErrTransition)
	case slices.Contains(allowed, to):
		return nil
	case from == to:
		return fmt.Errorf("it is %s already: %w", to, ErrTransition)
	case len(allowed) == 0:
		return fmt.Errorf("%s stays, unless that decision is undone: %w", from, ErrTransition)
	}
	return fmt.Errorf("from %s to %s; %s can become %s: %w", from, to, from, strings.Join(words(allowed), ", "), ErrTransition)
}

// Decidable is whether a person can give a signature the status at all.
func Decidable(to Status) bool {
	for _, allowed := range transitions {
		if slices.Contains(allowed, to) {
			return true
		}
	}
	return false
}

func words(statuses []Status) (words []string) {
	for _, s := range statuses {
		words = append(words, string(s))
	}
	return words
}
