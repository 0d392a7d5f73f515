package reconcile

import (
	"context"
	"fmt"
	"path/filepath"

	"glennline/petition/journal"
)

// journal tells what waits in the journal, and what no database would take of
// it. Its calls are known: no later step takes them for lost.
func (r *run) journal(ctx context.Context) error {
	if r.Journal == "" {
		return nil
	}
	var waiting []Finding
	seen := make(map[string]bool)
	unreadable, err := journal.Read(r.Journal, func(e journal.Entry) error {
		r.tick()
		if id := e.CallID(); !seen[id] && len(waiting) < maxPending {
			seen[id] = true
			f := Finding{Kind: Journalled, CallID: id, Path: filepath.Join(r.Journal, journal.FileName)}
			switch {
			case e.Begin != nil:
				f.UniqueID, f.At = e.Begin.UniqueID, e.Begin.StartedAt
			case e.Settle != nil:
				f.UniqueID, f.At = e.Settle.Call.UniqueID, e.Settle.Call.StartedAt
			case e.End != nil:
				f.At = e.End.EndedAt
			}
			waiting = append(waiting, f)
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	var replayed error
	if len(waiting) > 0 && r.Apply && r.Replay != nil {
		replayed = r.Replay(ctx)
	}
	for _, f := range waiting {
		f.Action = "write what waits to the database, as a running service does by itself"
		act := func(context.Context, *Finding) error { return replayed }
		if r.Replay == nil {
			f.Action, act = "nothing: the service that has the folder open writes it, as soon as the database can be written", nil
		}
		r.found(ctx, f, act)
	}
	if unreadable > 0 {
		r.found(ctx, Finding{
			Kind: Journalled, Path: filepath.Join(r.Journal, journal.FileName),
			Action: fmt.Sprintf("nothing: lines of it that are no entries: %d; the service puts them aside", unreadable),
		}, nil)
	}
	return r.refused(ctx)
}

// refused tells what was put aside from the journal, for people to look at.
func (r *run) refused(ctx context.Context) error {
	n, err := journal.Refused(r.Journal)
	if err != nil || n == 0 {
		return err
	}
	r.found(ctx, Finding{
		Kind: Journalled, Path: filepath.Join(r.Journal, journal.RefusedName),
		Action: fmt.Sprintf("nothing: entries in it that the database refused, each with the reason: %d; look at them and move the file away", n),
	}, nil)
	return nil
}
