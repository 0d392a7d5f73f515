package main

import (
	"context"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"glennline/ops/disk"
	"glennline/ops/fallback"
	"glennline/ops/reconcile"
	"glennline/ops/tombstone"
	"glennline/ops/witness"
)

// The time between two looks of the running service: at what has happened of
// late, and at everything, each file and each row, which takes the longer the
// longer the campaign lasts.
const (
	reconcileEvery    = 2 * time.Minute
	reconcileAllEvery = 10 * time.Minute
)

// keep reconciles once connected and then every few minutes: what is
// unambiguous is repaired, the rest is told. done is given each outcome, and
// whether everything was looked at. Where a call had to be left alone that nobody
// here will end, it looks again soon.
func (s *service) keep(ctx context.Context, connected <-chan struct{}, live func(context.Context) (map[string]bool, error), seen witness.Log,
	done func(report reconcile.Report, repaired map[reconcile.Kind]int, everything bool),
) {
	timer := time.NewTimer(reconcileEvery)
	defer timer.Stop()
	var last time.Time // when everything was last looked at to the end; zero if it has to be now
	for {
		select {
		case <-ctx.Done():
			return
		case <-connected:
			last = time.Time{}
		case <-timer.C:
		}
		next := reconcileSoon
		if s.db = s.ledger.DB(); s.db != nil { // else it is out of reach, and calls go to the journal
			began, since := time.Now(), time.Time{}
			if began.Sub(last) < reconcileAllEvery {
				since = s.late(last)
			}
			again, ok := s.look(ctx, live, seen, since, done)
			if ok && since.IsZero() {
				last = began
			}
			if !again {
				next = reconcileEvery
			}
		}
		timer.Reset(next)
	}
}

// late is from when on there may be calls that were not over at a time.
func (s *service) late(at time.Time) time.Time { return at.Add(-s.file.PBX.MaxCall - reconcileEvery) }

// look reconciles what happened since a time, or everything. It says whether a
// call was left alone that this process does not serve, so that nobody will tell of
// its end, and whether it came to its own. live is nil once Asterisk has ended, and
// nothing is served any more.
func (s *service) look(ctx context.Context, live func(context.Context) (map[string]bool, error), seen witness.Log, since time.Time,
	done func(reconcile.Report, map[reconcile.Kind]int, bool),
) (again, ok bool) {
	log := s.log.Named("reconcile")
	cfg, err := s.reconcileConfig(seen)
	if err != nil {
		log.Error("nothing is repaired as long as it is not known who was erased", zap.Error(err))
		return false, false
	}
	cfg.Apply, cfg.Live, cfg.Log, cfg.Since = true, live, log, since
	cfg.Unserved = live == nil
	cfg.Busy = func(callID string) bool { return s.script.Serving(callID) || s.ledger.Holds(callID) }
	repaired := map[reconcile.Kind]int{}
	cfg.Found = func(f reconcile.Finding) {
		fields := []zap.Field{zap.String("kind", string(f.Kind)), zap.String("call", f.CallID), zap.String("path", f.Path)}
		if f.Aside != "" {
			fields = append(fields, zap.String("aside", f.Aside))
		}
		switch {
		case f.Kind == reconcile.Waiting:
			again = again || f.CallID != "" && !cfg.Busy(f.CallID)
		case f.Error != "":
			log.Error("could not be repaired", append(fields, zap.String("error", f.Error))...)
		case f.Done:
			repaired[f.Kind]++
			log.Info("repaired", append(fields, zap.String("action", f.Action))...)
		default:
			log.Warn("left to look at", append(fields, zap.String("action", f.Action))...)
		}
	}
	report, err := reconcile.Run(ctx, cfg)
	switch {
	case err == nil:
		done(report, repaired, since.IsZero())
	case ctx.Err() == nil:
		log.Error("reconcile could not finish", zap.Error(err))
	}
	return again, err == nil
}

// lastLookWithin is how long what lies in the spool may keep us from ending.
const lastLookWithin = 10 * time.Second

// lastLook brings in what lies in the spool of an Asterisk of our own that has ended:
// the calls that its dialplan answered while we took no more. Without it they would
// count from the next start on only. What it does not get done, the next start does;
// closing abort ends it.
func (s *service) lastLook(ctx context.Context, abort <-chan struct{}, seen witness.Log) {
	left, err := filepath.Glob(filepath.Join(s.spool, "*", "*"))
	if s.db = s.ledger.DB(); err != nil || len(left) == 0 || s.db == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLookWithin)
	defer cancel()
	go func() {
		select {
		case <-abort:
			cancel()
		case <-ctx.Done():
		}
	}()
	s.look(ctx, nil, seen, s.late(time.Now()), func(reconcile.Report, map[reconcile.Kind]int, bool) {})
	if ctx.Err() != nil {
		s.log.Warn("what asterisk recorded by itself is brought in with the next start")
	}
}

// reconcileSoon is when to look again where calls had to be left alone.
const reconcileSoon = 10 * time.Second

// reconcileConfig is what the service's own runs and the command have in common.
func (s *service) reconcileConfig(seen witness.Log) (reconcile.Config, error) {
	erased, err := s.tombstones()
	ingester := &fallback.Ingester{Ledger: s.db, Store: s.store, Secret: s.secret, Region: s.regionOf, Erased: erased.Erased, Booted: disk.Booted(), Thresholds: thresholds(s.file)}
	return reconcile.Config{
		DB:       s.db,
		Archive:  s.store,
		Root:     s.dir.Archive(),
		Spool:    s.spool,
		OwnSpool: s.spool == s.dir.Spool(),
		Witness:  seen,
		MaxCall:  s.file.PBX.MaxCall,
		Fallback: ingester.Ingest,

		Tombstones: erased,
		Thresholds: thresholds(s.file),
	}, err
}

// tombstones are the calls that were erased.
func (s *service) tombstones() (*tombstone.Set, error) {
	return tombstone.Load(s.dir.Tombstones())
}

// regionOf is the country of a line's callers.
func (s *service) regionOf(name string) string {
	for _, line := range s.file.Lines {
		if line.Name == name {
			return s.file.RegionOf(line)
		}
	}
	return s.file.Region
}
