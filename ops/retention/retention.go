// Package retention removes what has been kept for as long as the configuration
// says. What a signature counts for stays: audio and identity go, the figure
// does not change.
package retention

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"glennline/ops/backup"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// Policy is how long something is kept after the call; 0 for ever.
type Policy struct {
	Recordings map[petition.Status]time.Duration // by what they count for
	Quarantine time.Duration                     // recordings without usable audio
	Identity   time.Duration                     // pseudonyms, after the line's last call; SIP Call-IDs and typed names
	Witness    time.Duration                     // Asterisk's event log
}

// Config says what to purge.
type Config struct {
	DB      *sqlite.DB
	Dir     datadir.Dir
	Policy  Policy
	Witness witness.Log
	Copies  []copies.Copy
	Actor   string
	Apply   bool
	Now     func() time.Time
}

// Item is one kind of thing whose time is over.
type Item struct {
	What   string    `json:"what"`   // recordings, quarantine, lines, call_ids, channels, logs
	Status string    `json:"status"` // of recordings; else ""
	Before time.Time `json:"before"` // older than this
	N      int       `json:"n"`
}

// Report is what was removed, or would be. Its JSON is a contract: keys are added,
// never renamed or removed.
type Report struct {
	Applied bool     `json:"applied"`
	Items   []Item   `json:"items"` // without those of which there is none
	Left    []string `json:"left"`  // what only people can remove, and what to do
}

// run is one run.
type run struct {
	Config
	now    time.Time
	report Report
}

// Run shows what is due, and with Apply removes it. The audit chain has it first.
func Run(ctx context.Context, cfg Config) (Report, error) {
	r := &run{Config: cfg, now: cfg.Now().UTC()}
	r.report = Report{Applied: cfg.Apply, Items: []Item{}, Left: []string{}}
	if err := r.due(ctx); err != nil {
		return r.report, err
	}
	if err := r.people(); err != nil || !cfg.Apply {
		return r.report, err
	}
	if len(r.report.Items) > 0 {
		if err := r.DB.Audit(ctx, r.entry(), ""); err != nil {
			return r.report, err
		}
	}
	return r.report, r.remove(ctx)
}

// entry is that of the audit chain.
func (r *run) entry() petition.AuditEntry {
	detail := make(map[string]string)
	for _, item := range r.report.Items {
		name := item.What
		if item.Status != "" {
			name += "_" + item.Status
		}
		detail[name] = strconv.Itoa(item.N)
		detail[name+"_before"] = item.Before.Format(time.RFC3339)
	}
	return petition.AuditEntry{Actor: r.Actor, Kind: petition.AuditPurge, Detail: detail}
}

// before is the moment up to which something is due; false if it is kept.
func (r *run) before(kept time.Duration) (time.Time, bool) {
	return r.now.Add(-kept).Truncate(time.Second), kept > 0
}

// due counts.
func (r *run) due(ctx context.Context) error {
	for _, status := range petition.Statuses {
		if before, ok := r.before(r.Policy.Recordings[status]); ok {
			n, err := r.DB.DueRecordings(ctx, status, before)
			if err != nil {
				return err
			}
			r.add(Item{"recordings", string(status), before, n})
		}
	}
	if before, ok := r.before(r.Policy.Quarantine); ok {
		files, err := older(r.Dir.Quarantine(), before)
		if err != nil {
			return err
		}
		r.add(Item{"quarantine", "", before, len(files)})
	}
	if before, ok := r.before(r.Policy.Identity); ok {
		lines, err := r.DB.DueLines(ctx, before)
		if err != nil {
			return err
		}
		ids, err := r.DB.DueCallIDs(ctx, before)
		if err != nil {
			return err
		}
		r.add(Item{"lines", "", before, lines})
		r.add(Item{"call_ids", "", before, ids})
	}
	if before, ok := r.before(r.Policy.Witness); ok {
		channels, err := r.DB.DueWitness(ctx, before)
		if err != nil {
			return err
		}
		logs, err := r.logs(ctx, before)
		if err != nil {
			return err
		}
		pieces, err := r.pieces(before)
		if err != nil {
			return err
		}
		r.add(Item{"channels", "", before, channels})
		r.add(Item{"logs", "", before, len(logs) + len(pieces)})
	}
	return nil
}

func (r *run) add(item Item) {
	if item.N > 0 {
		r.report.Items = append(r.report.Items, item)
	}
}

// remove removes all of it. Broken off, the next run does the rest.
func (r *run) remove(ctx context.Context) error {
	for _, status := range petition.Statuses {
		if before, ok := r.before(r.Policy.Recordings[status]); ok {
			err := r.DB.PurgeRecordings(ctx, status, before, func(d sqlite.Due) error { return r.unlink(d.Path) })
			if err != nil {
				return err
			}
		}
	}
	if err := r.DB.PurgedVoices(ctx, r.unlink); err != nil { // of a run that was broken off
		return err
	}
	if before, ok := r.before(r.Policy.Quarantine); ok {
		files, err := older(r.Dir.Quarantine(), before)
		for _, path := range files {
			err = errors.Join(err, os.Remove(path))
		}
		if err != nil {
			return err
		}
	}
	if before, ok := r.before(r.Policy.Identity); ok {
		if err := errors.Join(r.DB.PurgeLines(ctx, before), r.DB.PurgeCallIDs(ctx, before)); err != nil {
			return err
		}
	}
	if before, ok := r.before(r.Policy.Witness); ok {
		if err := r.witness(ctx, before); err != nil {
			return err
		}
	}
	err := sqlite.Scour(ctx, r.Dir.Database(), nil, 10*time.Second)
	if errors.Is(err, sqlite.ErrReader) || errors.Is(err, sqlite.ErrLocked) {
		r.report.Left = append(r.report.Left, err.Error())
		return nil
	}
	return err
}

// unlink removes a file of the archive. Unlike what a person has asked to be
// erased, it is not written over first: a million files would take days.
func (r *run) unlink(path string) error {
	err := os.Remove(filepath.Join(r.Dir.Archive(), filepath.FromSlash(path)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// older are the files below a folder that were last written before a moment.
func older(folder string, before time.Time) (paths []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && info.ModTime().Before(before) {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}

// people names what is old and only people can remove.
func (r *run) people() error {
	for _, c := range r.Copies {
		if c.Expires.IsZero() || c.Expires.After(r.now) {
			continue
		}
		if c.Kind != copies.Backup {
			if _, err := os.Lstat(c.Path); err == nil {
				r.leave("%s %s was to be erased by %s: remove it, wherever it went", c.Kind, c.Path, c.Expires.Format(time.DateOnly))
			}
			continue
		}
		if m, err := backup.Read(c.Path); err == nil && !m.ExpiresAt.After(r.now) {
			r.leave("backup %s expired on %s: remove the folder", c.Path, m.ExpiresAt.Format(time.DateOnly))
		}
	}
	before, ok := r.before(r.Policy.Identity)
	if !ok {
		return nil
	}
	for _, folder := range []string{r.Dir.Damaged(), r.Dir.Journal()} {
		files, err := older(folder, before)
		if err != nil {
			return err
		}
		for _, path := range files {
			if info, err := os.Stat(path); err == nil && info.Size() > 0 {
				r.leave("%s holds pseudonyms that are older: look whether it is still needed, and remove it", path)
			}
		}
	}
	return nil
}

func (r *run) leave(format string, args ...any) {
	r.report.Left = append(r.report.Left, fmt.Sprintf(format, args...))
}
