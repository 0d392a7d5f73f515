package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"glennline/ops/ledger"
	"glennline/ops/reconcile"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// join replays the journal, takes over Asterisk's event log, and looks for what
// does not agree, as reconcile does.
func (r *restore) join(ctx context.Context) (err error) {
	for _, log := range []string{"journal.jsonl", "refused.jsonl"} {
		if err := journal.Drop(filepath.Join(r.dir.Journal(), log), r.erased.Erased); err != nil {
			return err
		}
	}
	l, err := ledger.Open(ctx, ledger.Config{
		Database: sqlite.Config{Path: r.dir.Database(), Log: r.Log, Thresholds: r.Thresholds},
		Journal:  r.dir.Journal(),
		Log:      r.Log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	db := l.DB()
	if db == nil {
		return fmt.Errorf("%s cannot be written", r.dir.Database())
	}
	if err := db.Check(ctx); err != nil {
		return err
	}
	if err := r.forget(ctx, db); err != nil {
		return err
	}
	// A backup of format 1 has the event log elsewhere.
	state, kept := filepath.Join(r.From, r.done.Backup.State), make(witness.Kept)
	if _, err := keepOld(state, r.done.Backup.WitnessShared, r.dir.Witness(), kept); err != nil {
		return err
	}
	if _, err := witness.ImportKept(ctx, db, r.dir.Witness()); err != nil {
		return err
	}
	store, err := archive.Open(r.dir.Archive(), r.dir.Quarantine())
	if err != nil {
		return err
	}
	report, err := reconcile.Run(ctx, reconcile.Config{
		DB:      db,
		Archive: store,
		Root:    r.dir.Archive(),
		Spool:   r.dir.Spool(),
		MaxCall: r.MaxCall,
		Now:     r.Now,

		Unserved:   true,
		Thresholds: r.Thresholds,
		Log:        r.Log,

		Tombstones: r.erased,
	})
	r.done.Findings, r.done.Left = report.Counts, report.Left
	return err
}

// forget takes from the database the people who were erased after it was copied.
func (r *restore) forget(ctx context.Context, db *sqlite.DB) error {
	ids, err := db.NotErased(ctx, r.erased.IDs())
	if err != nil {
		return err
	}
	var needles [][]byte
	for _, id := range ids {
		row, err := db.Call(ctx, id)
		if err != nil {
			return err
		}
		if row.Call.Caller.Pseudonym != "" {
			needles = append(needles, []byte(row.Call.Caller.Pseudonym))
		}
		if err := db.Forget(ctx, id, petition.ActorRule); err != nil {
			return err
		}
	}
	r.done.Erased = len(ids)
	if len(ids) == 0 {
		return nil
	}
	return sqlite.Scour(ctx, r.dir.Database(), needles, time.Second)
}
