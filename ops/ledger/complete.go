package ledger

import (
	"context"
	"errors"
	"fmt"

	"glennline/petition"
	"glennline/petition/sqlite"
)

func (l *Ledger) end(ctx context.Context, db *sqlite.DB, closing petition.Closing) (*petition.Signature, error) {
	signature, err := db.EndWithin(ctx, closing, l.cfg.EndDelay)
	return complete(ctx, db, closing, signature, err)
}

// Database is what calls that are over are written to, as sqlite.DB.
type Database interface {
	Settle(ctx context.Context, call petition.Call, closing petition.Closing) (*petition.Signature, error)
	AddVoice(ctx context.Context, closing petition.Closing) (*petition.Signature, error)
}

// Settle writes a call that is over into the database, whatever that has of it
// already: nothing, an open call, the same ending, or another one without a
// voice, as reconcile writes for a call that it found abandoned. Then the first
// ending stands, and a voice is added to it.
func Settle(ctx context.Context, db Database, call petition.Call, closing petition.Closing) (*petition.Signature, error) {
	signature, err := db.Settle(ctx, call, closing)
	return complete(ctx, db, closing, signature, err)
}

// complete is where an ending has met another one that stands.
func complete(ctx context.Context, db Database, closing petition.Closing, signature *petition.Signature, err error) (*petition.Signature, error) {
	var ended *sqlite.EndedError
	switch {
	case !errors.As(err, &ended):
		return signature, err
	case closing.Voice == nil:
		return signature, nil
	case ended.Closing.Voice == nil:
		return db.AddVoice(ctx, closing)
	case ended.Closing.Voice.FileSHA256 == closing.Voice.FileSHA256:
		return signature, nil
	}
	return signature, fmt.Errorf("another recording has been stored for the call: %w", err)
}
