package petition

import "time"

// Signature is a stored voice and what it counts for.
type Signature struct {
	ID           string // the call's ULID
	Status       Status
	StatusReason string    // why, from a small vocabulary of codes
	DuplicateOf  string    // another signature's ID; "" if it is no duplicate
	Actor        string    // who gave the status: a login, or ActorRule
	ChangedAt    time.Time // when
	CreatedAt    time.Time
	TypedName    string // that somebody heard in it and typed; "" where nobody has
}
