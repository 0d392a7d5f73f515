package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"glennline/ops/datadir"
	"glennline/petition/audit"
	"glennline/petition/sqlite"
)

// patience is how long a command waits for the service's transactions, each of
// which takes milliseconds.
const patience = 10 * time.Second

// change opens the data folder's database to write to it, beside the service,
// and brings the audit chain's file up to what was written.
func (g *globals) change(ctx context.Context, do func(dir datadir.Dir, db *sqlite.DB) error) error {
	file, err := g.settings()
	if err != nil {
		return err
	}
	dir, err := existing(file)
	if err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: dir.Database(), BusyTimeout: patience, Thresholds: thresholds(file)})
	if err != nil {
		return err
	}
	err = do(dir, db)
	// Also what was written before an error stands, and belongs there.
	return errors.Join(err, audit.Follow(context.WithoutCancel(ctx), db, dir.Audit()), db.Close())
}

// followAudit brings the audit chain's file up to the database.
func followAudit(ctx context.Context, dir datadir.Dir) error {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: dir.Database(), ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(audit.Follow(ctx, db, dir.Audit()), db.Close())
}

// momentForms are how a moment can be given. Without a zone it is UTC.
var momentForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"}

// momentFlag reads the moment that a flag gives, zero for none.
func momentFlag(name, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	for _, form := range momentForms {
		if at, err := time.Parse(form, value); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, usage(fmt.Errorf("--%s %q is no moment: write one such as 2026-11-22, \"2026-11-22 18:00\" or 2026-11-22T18:00:00Z; without a zone it is UTC", name, value))
}

// span reads the moments that --since and --until give, zero for none. Where no call
// can be between, it is an error: nobody is to read that as 0.
func span(since, until string) (from, to time.Time, err error) {
	if from, err = momentFlag("since", since); err == nil {
		to, err = momentFlag("until", until)
	}
	if err == nil && !from.IsZero() && !to.IsZero() && !from.Before(to) {
		err = usage(fmt.Errorf("--since %s is not before --until %s: no call can be between", since, until))
	}
	return from, to, err
}
