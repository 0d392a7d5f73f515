package main

import (
	"context"
	"time"

	"go.uber.org/zap"

	"glennline/ops/fallback"
	"glennline/ops/reconcile"
	"glennline/ops/tombstone"
	"glennline/ops/witness"
)

// reconcileEvery is the time between two looks of the running service.
const reconcileEvery = 2 * time.Minute

// keep reconciles once connected and then every few minutes: what is
// unambiguous is repaired, the rest is told. done is given each outcome.
func (s *service) keep(ctx context.Context, connected <-chan struct{}, live func(context.Context) (map[string]bool, error), seen witness.Log,
	done func(reconcile.Report, map[reconcile.Kind]int),
) {
	log := s.log.Named("reconcile")
	timer := time.NewTimer(reconcileEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-connected:
		case <-timer.C:
		}
		if s.db = s.ledger.DB(); s.db == nil {
			timer.Reset(reconcileSoon) // it is out of reach; calls go to the journal
			continue
		}
		timer.Reset(reconcileEvery)
		cfg, err := s.reconcileConfig(seen)
		if err != nil {
			log.Error("nothing is repaired as long as it is not known who was erased", zap.Error(err))
			continue
		}
		cfg.Apply, cfg.Live, cfg.Log = true, live, log
		cfg.Busy = func(callID string) bool { return s.script.Serving(callID) || s.ledger.Holds(callID) }
		repaired := map[reconcile.Kind]int{}
		cfg.Found = func(f reconcile.Finding) {
			fields := []zap.Field{zap.String("kind", string(f.Kind)), zap.String("call", f.CallID), zap.String("path", f.Path)}
			if f.Aside != "" {
				fields = append(fields, zap.String("aside", f.Aside))
			}
			switch {
			case f.Kind == reconcile.Waiting:
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
			done(report, repaired)
		case ctx.Err() == nil:
			log.Error("reconcile could not finish", zap.Error(err))
		}
		if report.Waiting > 0 {
			timer.Reset(reconcileSoon) // calls that end meanwhile
		}
	}
}

// reconcileSoon is when to look again where calls had to be left alone.
const reconcileSoon = 10 * time.Second

// reconcileConfig is what the service's own runs and the command have in common.
func (s *service) reconcileConfig(seen witness.Log) (reconcile.Config, error) {
	erased, err := s.tombstones()
	ingester := &fallback.Ingester{Ledger: s.db, Store: s.store, Secret: s.secret, Region: s.regionOf, Erased: erased.Erased, Thresholds: thresholds(s.file)}
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
