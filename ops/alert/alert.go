// Package alert tells professionals that a recording became confidential: some
// callers disclose that they are victims, and somebody has to know of it now.
//
// Nothing is told but the call's id, its line and times. Alerts wait in the
// database, where they were put in the transaction that made the signature
// confidential, until each configured way took them. After a crash one may be
// told twice, and never not at all.
package alert

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"glennline/petition/sqlite"
)

// Config is how professionals are told.
type Config struct {
	Command []string      // a program and its arguments; none for no command
	Timeout time.Duration // that the command or the mail server has
	Mail    Mail
	Now     func() time.Time
	Log     *zap.Logger
}

// Ways is whether anybody is told at all.
func (c Config) Ways() bool { return len(c.Command) > 0 || c.Mail.Host != "" }

// Notice is all that is told. Its JSON is a contract: keys are added, never
// renamed or removed.
type Notice struct {
	ID             string    `json:"id"`
	Line           string    `json:"line"`
	StartedAt      time.Time `json:"started_at"`      // of the call, UTC
	ConfidentialAt time.Time `json:"confidential_at"` // UTC
	Test           bool      `json:"test"`            // no recording, but a try whether alerts arrive
}

const (
	// atOnce bounds what one round takes.
	atOnce = 20
	// between two looks for alerts.
	between = 5 * time.Second
	// longest is the longest wait before another try.
	longest = time.Hour
)

// Ledger is where alerts wait.
type Ledger interface {
	WaitingAlerts(ctx context.Context, until time.Time, limit int) ([]sqlite.Alert, error)
	ClaimAlert(ctx context.Context, id int64, now, until time.Time) (bool, error)
	UpdateAlert(ctx context.Context, a sqlite.Alert) error
	Confidential(ctx context.Context, callID string) (own, sameAudio bool, err error)
}

// Result is what came of a round.
type Result struct {
	Told   int     // completely
	Failed []error // and will be tried again
}

// Run tells what waits, now and then, until ctx ends. db gives the ledger; nil
// while it cannot be reached.
func Run(ctx context.Context, cfg Config, db func() Ledger) {
	tick := time.NewTicker(between)
	defer tick.Stop()
	for {
		if ledger := db(); ledger != nil {
			result, err := Once(ctx, cfg, ledger)
			if err != nil && ctx.Err() == nil {
				cfg.Log.Error("alerts could not be looked for", zap.Error(err))
			}
			for _, err := range result.Failed {
				cfg.Log.Error("professionals could not be told; it is tried again", zap.Error(err))
			}
			if result.Told > 0 {
				cfg.Log.Info("professionals were told of confidential recordings", zap.Int("alerts", result.Told))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Once tries what waits and is due.
func Once(ctx context.Context, cfg Config, db Ledger) (r Result, err error) {
	if !cfg.Ways() {
		return r, nil
	}
	waiting, err := db.WaitingAlerts(ctx, cfg.Now(), atOnce)
	if err != nil {
		return r, err
	}
	for _, a := range waiting {
		now := cfg.Now()
		claimed, err := db.ClaimAlert(ctx, a.ID, now, now.Add(2*cfg.Timeout+time.Minute))
		if err != nil {
			return r, err
		}
		if !claimed {
			continue
		}
		a, failed := cfg.try(ctx, db, a)
		if ctx.Err() != nil {
			// Whoever ended us did not mean the alert.
			a.Tries, a.NextAt = max(0, a.Tries-1), now
		}
		if err := db.UpdateAlert(context.WithoutCancel(ctx), a); err != nil {
			return r, err
		}
		switch {
		case failed != nil:
			r.Failed = append(r.Failed, fmt.Errorf("signature %s: %w", a.CallID, failed))
		case a.Error == "":
			r.Told++
		}
	}
	return r, ctx.Err()
}

// try tells of what still is confidential.
func (c Config) try(ctx context.Context, db Ledger, a sqlite.Alert) (sqlite.Alert, error) {
	own, _, err := db.Confidential(ctx, a.CallID)
	if err == nil && !own {
		a.DoneAt, a.Error = c.Now(), "not confidential any more"
		return a, nil
	}
	if err == nil {
		err = c.tell(ctx, &a)
	}
	if err == nil {
		a.DoneAt, a.Error = c.Now(), ""
		return a, nil
	}
	a.Tries++
	a.Error = err.Error()
	a.NextAt = c.Now().Add(min(longest, time.Minute<<min(a.Tries-1, 10)))
	return a, err
}

// tell tells by each way that has not taken it yet.
func (c Config) tell(ctx context.Context, a *sqlite.Alert) error {
	n := Notice{ID: a.CallID, Line: a.Line, StartedAt: a.StartedAt.UTC(), ConfidentialAt: a.At.UTC()}
	var errs []error
	if len(c.Command) > 0 && a.CommandedAt.IsZero() {
		if err := c.run(ctx, n); err != nil {
			errs = append(errs, err)
		} else {
			a.CommandedAt = c.Now()
		}
	}
	if c.Mail.Host != "" && a.MailedAt.IsZero() {
		if err := c.mail(ctx, n); err != nil {
			errs = append(errs, err)
		} else {
			a.MailedAt = c.Now()
		}
	}
	return errors.Join(errs...)
}

// Test tells by every way that this is a try.
func Test(ctx context.Context, cfg Config) error {
	now := cfg.Now().UTC().Truncate(time.Second)
	n := Notice{ID: "00000000000000000000000000", Line: "test", StartedAt: now, ConfidentialAt: now, Test: true}
	var errs []error
	if len(cfg.Command) > 0 {
		errs = append(errs, cfg.run(ctx, n))
	}
	if cfg.Mail.Host != "" {
		errs = append(errs, cfg.mail(ctx, n))
	}
	return errors.Join(errs...)
}
