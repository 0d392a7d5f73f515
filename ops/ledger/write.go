package ledger

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"glennline/petition"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

// What may be wrong with a request alone. Everything else is the database's
// trouble, and no reason to lose a call.
var refusals = []error{sqlite.ErrInvalid, sqlite.ErrNotBegun, sqlite.ErrAlreadyEnded, sqlite.ErrOtherCall}

func refused(err error) bool {
	for _, refusal := range refusals {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// errDown says that the database was not asked: it was out of reach a moment ago.
var errDown = errors.New("database out of reach")

// Begin writes a call before its answer.
func (l *Ledger) Begin(ctx context.Context, call petition.Call) error {
	l.remember(call, false)
	_, err := l.ask(ctx, l.cfg.BeginTimeout, func(ctx context.Context, db *sqlite.DB) (*petition.Signature, error) {
		return nil, db.Begin(ctx, call)
	})
	if err == nil || refused(err) || ctx.Err() != nil {
		return err
	}
	l.remember(call, true)
	return l.note(ctx, journal.Entry{Begin: &call}, err)
}

// End writes how a call ended. While the database is out of reach, the
// signature that it returns is what the voice counts for by itself.
func (l *Ledger) End(ctx context.Context, closing petition.Closing) (*petition.Signature, error) {
	l.mu.Lock()
	known, ok := l.calls[closing.CallID]
	l.mu.Unlock()
	if ok && known.journaled {
		return l.Settle(ctx, known.call, closing)
	}
	signature, err := l.ask(ctx, l.cfg.EndTimeout, func(ctx context.Context, db *sqlite.DB) (*petition.Signature, error) {
		return l.end(ctx, db, closing)
	})
	switch {
	case ok && errors.Is(err, sqlite.ErrNotBegun):
		return l.Settle(ctx, known.call, closing)
	case err == nil || refused(err) || ctx.Err() != nil:
		l.forget(closing.CallID)
		return signature, err
	case ok:
		return l.postpone(ctx, journal.Entry{Settle: &journal.Settlement{Call: known.call, Closing: closing}}, closing, err)
	default:
		return l.postpone(ctx, journal.Entry{End: &closing}, closing, err)
	}
}

// Leave forgets a call that was begun: whoever finds it in the database may end it.
func (l *Ledger) Leave(callID string) { l.forget(callID) }

// Settle is Begin and End in one.
func (l *Ledger) Settle(ctx context.Context, call petition.Call, closing petition.Closing) (*petition.Signature, error) {
	signature, err := l.ask(ctx, l.cfg.EndTimeout, func(ctx context.Context, db *sqlite.DB) (*petition.Signature, error) {
		return Settle(ctx, db, call, closing)
	})
	if err == nil || refused(err) || ctx.Err() != nil {
		l.forget(closing.CallID)
		return signature, err
	}
	return l.postpone(ctx, journal.Entry{Settle: &journal.Settlement{Call: call, Closing: closing}}, closing, err)
}

// postpone puts an ending into the journal.
func (l *Ledger) postpone(ctx context.Context, e journal.Entry, closing petition.Closing, why error) (*petition.Signature, error) {
	err := l.note(ctx, e, why)
	l.forget(closing.CallID)
	if err != nil || closing.Voice == nil {
		return nil, err
	}
	status, reason := l.cfg.Database.Thresholds.Or().Judge(closing.Consent, closing.Voice.Measure)
	return &petition.Signature{
		ID:           closing.CallID,
		Status:       status,
		StatusReason: reason,
		CreatedAt:    time.Now().UTC(),
	}, nil
}

// ask asks the database for no longer than patience. When that is over the
// request may still be carried out; asking again does no harm.
func (l *Ledger) ask(ctx context.Context, patience time.Duration, request func(context.Context, *sqlite.DB) (*petition.Signature, error)) (*petition.Signature, error) {
	l.mu.Lock()
	db, up := l.db, l.up
	l.mu.Unlock()
	if !up || db == nil {
		return nil, errDown
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return request(short, db)
}

// note brings an entry to the journal, because of why.
func (l *Ledger) note(ctx context.Context, e journal.Entry, why error) error {
	l.mu.Lock()
	was := l.up
	l.up = false
	l.waiting[e.CallID()]++
	l.mu.Unlock()
	if was {
		l.log.Error("database cannot be written: calls go to the journal", zap.Error(why))
	}
	ctx, cancel := context.WithTimeout(ctx, l.cfg.EndTimeout)
	defer cancel()
	if err := l.journal.Append(ctx, e); err != nil {
		l.settled(e.CallID())
		return errors.Join(why, err)
	}
	return nil
}

func (l *Ledger) remember(call petition.Call, journaled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls[call.ID] = progress{call, journaled}
}

func (l *Ledger) forget(callID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.calls, callID)
}

// settled takes note that an entry of a call waits no more.
func (l *Ledger) settled(callID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[callID]--; l.waiting[callID] <= 0 {
		delete(l.waiting, callID)
	}
}
