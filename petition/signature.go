package petition

import "time"

// Signature is a stored voice and what it counts for.
type Signature struct {
	ID           string // the call's ULID
	CallID       string
	Status       Status
	StatusReason string // why, from a small vocabulary of codes
	CreatedAt    time.Time
}

// Status is what a signature counts for.
type Status string

// The statuses.
const (
	StatusCounted Status = "counted"
	StatusBlank   Status = "blank"
	StatusReview  Status = "review"
)
