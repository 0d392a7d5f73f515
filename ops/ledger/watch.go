package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

// watch replays the journal whenever the database can be written again.
func (l *Ledger) watch(ctx context.Context) {
	tick := time.NewTicker(l.cfg.Probe)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.mu.Lock()
			up := l.up
			l.mu.Unlock()
			if !up || l.Waiting() > 0 {
				l.look(ctx)
			}
		}
	}
}

// look finds out whether the database can be written, by replaying what waits.
func (l *Ledger) look(ctx context.Context) {
	entries := l.Waiting()
	err := l.connect(ctx)
	if err == nil {
		err = l.journal.Replay(ctx, l.apply)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		l.say(err)
		return
	}
	l.mu.Lock()
	l.up = true // what was put into the journal since it was found empty, the next look takes
	l.said = ""
	l.mu.Unlock()
	if entries > 0 {
		l.log.Info("database can be written again: journal replayed", zap.Int(keyEntries, entries))
	}
}

// say logs why the database is out of reach, once for each reason.
func (l *Ledger) say(err error) {
	l.mu.Lock()
	cause := err.Error()
	if e := (*sqlite.UnavailableError)(nil); errors.As(err, &e) {
		cause = e.Cause.Error()
	}
	again := l.said == cause
	l.said = cause
	l.mu.Unlock()
	if !again {
		l.log.Error("database is out of reach: calls are kept in the journal", zap.Int(keyEntries, l.Waiting()), zap.Error(err))
	}
}

const (
	// together is how many entries are applied at once, to share a transaction.
	together = 64
	// batchTimeout bounds what a batch may take; a lock is told of sooner.
	batchTimeout = 30 * time.Second
)

// apply writes entries of the journal to the database. They may be there
// already. What the database refuses is put aside, after all else is in it.
func (l *Ledger) apply(ctx context.Context, entries []journal.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	settled := make(map[string]bool)
	for _, e := range entries {
		if e.Settle != nil {
			settled[e.CallID()] = true
		}
	}
	why := make([]error, len(entries))
	for _, begins := range []bool{true, false} {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(together)
		for i, e := range entries {
			if (e.Begin != nil) != begins || begins && settled[e.CallID()] {
				continue // a settlement brings the call, and keeps of its caller what may be kept
			}
			group.Go(func() error {
				err := l.applyOne(ctx, e)
				if refused(err) {
					why[i] = err
					return nil
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	for i, e := range entries {
		if why[i] == nil {
			continue
		}
		if err := l.journal.Refuse(e, why[i]); err != nil {
			return fmt.Errorf("put a refused entry aside: %w", err)
		}
		l.log.Error("entry of the journal was refused by the database and put aside",
			zap.String(keyCall, e.CallID()), zap.Error(why[i]))
	}
	for _, e := range entries {
		l.settled(e.CallID())
	}
	return nil
}

func (l *Ledger) applyOne(ctx context.Context, e journal.Entry) error {
	db := l.DB()
	switch {
	case e.Begin != nil:
		return db.Begin(ctx, *e.Begin)
	case e.Settle != nil:
		_, err := Settle(ctx, db, e.Settle.Call, e.Settle.Closing)
		return err
	default:
		_, err := l.end(ctx, db, *e.End)
		return err
	}
}
