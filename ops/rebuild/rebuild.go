// Package rebuild makes a database anew where the old one is damaged or lost:
// from what can still be read of it; from the recordings in the archive, whose
// paths hold the calls' ids and days; from the journal; from Asterisk's event log;
// and from the file of the audit chain, which has what people decided. What none of
// these knows, such as who called, on which line, and what was heard before the
// beep, is not made up: such a signature goes to review and is not counted until
// somebody decides.
//
// The new database is made beside the old one, whole, before anything is
// touched. The old one is moved aside with all that belongs to it, and the old
// chain too; the new one begins with the hash of its last entry:
//
//	<data>/damaged/2026-11-22T180000Z/glennline.db, -wal, -shm, audit.jsonl
package rebuild

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"glennline/ops/datadir"
	"glennline/ops/disk"
	"glennline/ops/ledger"
	"glennline/ops/tombstone"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/audit"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// ErrSound says that there is nothing to rebuild.
var ErrSound = errors.New("database is sound")

// Config says what to rebuild.
type Config struct {
	Dir     datadir.Dir // owned by the caller
	Witness witness.Log
	Actor   string // who rebuilds, for the audit chain

	// Tombstones are the calls that were erased, of which only that they were
	// there comes back; nil for none.
	Tombstones *tombstone.Set

	// Thresholds say whether a voice is in a recording; those of the default if zero.
	Thresholds petition.Thresholds

	Apply    bool
	Progress func(done int) // told how many recordings have been looked at; may be nil
	Now      func() time.Time
	Log      *zap.Logger
}

// Report is what was made, or would be.
type Report struct {
	Applied    bool     `json:"applied"`
	Damage     string   `json:"damage"`     // what is wrong with the database there is
	Salvaged   int      `json:"salvaged"`   // calls that could be read from it all the same
	Gaps       int      `json:"gaps"`       // places in it where calls could not
	Journal    int      `json:"journal"`    // entries of the journal
	Channels   int      `json:"channels"`   // lines of Asterisk's event log
	Recordings int      `json:"recordings"` // in the archive
	Known      int      `json:"known"`      // of these, whose ending was in the journal or could be read
	Witnessed  int      `json:"witnessed"`  // of the others, whose channel Asterisk's log has
	Calls      int      `json:"calls"`      // in the new database
	Counted    int      `json:"counted"`    // signatures in it
	Review     int      `json:"review"`
	Decisions  int      `json:"decisions"`
	TakenBack  int      `json:"taken_back"` // verdicts of dedupe that a person had taken back
	KPIs       int      `json:"kpis"`       // side figures that the audit chain holds
	Refused    []string `json:"refused"`    // what was left out, and why
	Aside      string   `json:"aside"`      // where the old database is; "" if there was none
}

// Run rebuilds, or with Apply unset does all of it but the last step. It returns
// ErrSound where the database has no fault.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	damage, err := Damage(ctx, cfg.Dir)
	if err != nil {
		return Report{}, err
	}
	r := &run{Config: cfg, report: Report{Damage: damage, Refused: []string{}}}
	r.wreck = damage != missing && damage != sqlite.ErrForeign.Error()
	if err := sweep(cfg.Dir); err != nil {
		return r.report, err
	}
	folder, err := os.MkdirTemp(string(cfg.Dir), partial+"*")
	if err != nil {
		return r.report, err
	}
	defer os.RemoveAll(folder)
	fresh := filepath.Join(folder, filepath.Base(cfg.Dir.Database()))
	if err := r.make(ctx, fresh); err != nil || !cfg.Apply {
		return r.report, err
	}
	r.report.Aside, err = replace(cfg.Dir, fresh, cfg.Now())
	r.report.Applied = err == nil
	return r.report, err
}

// missing is the damage of a database that is not there.
const missing = "missing"

// Damage says what is wrong with the database of a data folder, or returns
// ErrSound. One that cannot be looked at now, or that another version has
// written, is an error of package sqlite.
func Damage(ctx context.Context, dir datadir.Dir) (string, error) {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: dir.Database(), ReadOnly: true})
	if err == nil {
		err = db.Check(ctx)
		_ = db.Close()
	}
	if errors.Is(err, sqlite.ErrOlderSchema) { // which only a sound one can be migrated from
		if damage := sqlite.CheckFile(ctx, dir.Database()); errors.Is(damage, sqlite.ErrCorrupt) {
			err = damage
		}
	}
	switch {
	case err == nil:
		return "", fmt.Errorf("%s: there is nothing to rebuild: %w", dir.Database(), ErrSound)
	case errors.Is(err, sqlite.ErrNoDatabase):
		return missing, nil
	case errors.Is(err, sqlite.ErrForeign):
		return sqlite.ErrForeign.Error(), nil
	case errors.Is(err, sqlite.ErrCorrupt):
		return damageOf(err), nil
	}
	return "", err
}

// damageOf is what is said of the damage, without the hints of what to do.
func damageOf(err error) string {
	e, ok := errors.AsType[*sqlite.UnavailableError](err)
	if !ok || e.Err == nil {
		return sqlite.ErrCorrupt.Error()
	}
	return e.Cause.Error() + ": " + e.Err.Error()
}

const partial = ".rebuild-"

// sweep removes what a rebuild left that was stopped.
func sweep(dir datadir.Dir) error {
	left, err := filepath.Glob(filepath.Join(string(dir), partial+"*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// run is one run.
type run struct {
	Config
	report Report
	wreck  bool // the damaged database may be read
	old    history
	db     *sqlite.DB
	store  *archive.Archive
}

// make makes the new database at path.
func (r *run) make(ctx context.Context, path string) (err error) {
	if r.db, err = sqlite.Open(ctx, sqlite.Config{Path: path, Log: r.Log, Now: r.Now, Thresholds: r.Thresholds}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.db.Close()) }()
	if r.store, err = archive.Open(r.Dir.Archive(), r.Dir.Quarantine()); err != nil {
		return err
	}
	if r.Witness.Path != "" {
		if r.report.Channels, _, err = witness.Import(ctx, r.db, r.Witness); err != nil {
			return err
		}
	}
	restored, err := witness.ImportKept(ctx, r.db, r.Dir.Witness())
	if r.report.Channels += restored; err != nil {
		return err
	}
	var broken error
	if r.old, broken, err = readHistory(r.Dir.Audit()); err != nil {
		return err
	}
	if broken != nil {
		r.refuse("decisions: what the audit chain says from there on", broken)
	}
	if err := r.erased(ctx); err != nil {
		return err
	}
	if err := r.salvage(ctx, filepath.Join(filepath.Dir(path), "wreck")); err != nil {
		return err
	}
	if err := r.journal(ctx); err != nil {
		return err
	}
	if err := r.recordings(ctx); err != nil {
		return err
	}
	if err := r.decisions(ctx); err != nil {
		return err
	}
	if err := r.forget(ctx); err != nil {
		return err
	}
	if err := r.takeBack(ctx); err != nil {
		return err
	}
	if err := r.acceptances(ctx); err != nil {
		return err
	}
	if err := r.kpis(ctx); err != nil {
		return err
	}
	if err := audit.Follow(ctx, r.db, filepath.Join(filepath.Dir(path), filepath.Base(r.Dir.Audit()))); err != nil {
		return err
	}
	counts, err := r.db.Counts(ctx)
	if err != nil {
		return err
	}
	r.report.Calls = counts.Calls
	r.report.Counted, r.report.Review = counts.Statuses["counted"], counts.Statuses["review"]
	return r.db.Check(ctx)
}

// journal brings in what waits in the journal. It stays there: the service
// replays it again, which changes nothing.
func (r *run) journal(ctx context.Context) error {
	unreadable, err := journal.Read(r.Dir.Journal(), func(e journal.Entry) (err error) {
		r.report.Journal++
		if r.old.erased[e.CallID()] {
			return nil
		}
		switch {
		case e.Begin != nil:
			err = r.db.Begin(ctx, *e.Begin)
		case e.Settle != nil:
			_, err = ledger.Settle(ctx, r.db, e.Settle.Call, e.Settle.Closing)
		default:
			// The database that was lost had its call.
			row, found := r.db.Call(ctx, e.CallID())
			if errors.Is(found, sqlite.ErrNotFound) {
				// The recording, if there is one, brings it back as far as it goes.
				r.refuse("journal: the ending of call "+e.CallID(), errors.New("the call itself is lost"))
				return nil
			}
			if err = found; err == nil {
				_, err = ledger.Settle(ctx, r.db, row.Call, *e.End)
			}
		}
		if err != nil && (errors.Is(err, sqlite.ErrUnavailable) || ctx.Err() != nil) {
			return err
		}
		if err != nil {
			r.refuse("journal: call "+e.CallID(), err)
		}
		return nil
	})
	if unreadable > 0 {
		r.refuse(fmt.Sprintf("journal: %d lines", unreadable), journal.ErrNoEntry)
	}
	return err
}

func (r *run) refuse(what string, why error) {
	r.report.Refused = append(r.report.Refused, what+": "+why.Error())
}

// replace moves the old database aside and the new one, which is closed and of
// one file, into its place.
func replace(dir datadir.Dir, fresh string, now time.Time) (aside string, err error) {
	if _, err := os.Stat(fresh + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s-wal is still there: the new database is in use (%w)", fresh, err)
	}
	// A second name first: should we be stopped, the damaged database is still in
	// its place, to be rebuilt from again.
	for _, old := range []string{dir.Database() + "-wal", dir.Database() + "-shm", dir.Database(), dir.Audit()} {
		if _, err := os.Lstat(old); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if aside == "" {
			if aside, err = newFolder(dir.Damaged(), now); err != nil {
				return "", err
			}
		}
		if err := os.Link(old, filepath.Join(aside, filepath.Base(old))); err != nil {
			return aside, err
		}
	}
	if aside != "" {
		if err := errors.Join(disk.SyncFolder(aside), disk.SyncFolder(filepath.Dir(aside)), disk.SyncFolder(string(dir))); err != nil {
			return aside, err
		}
	}
	// Beside a new database they would spoil that.
	for _, beside := range []string{dir.Database() + "-wal", dir.Database() + "-shm"} {
		if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return aside, err
		}
	}
	chain := filepath.Join(filepath.Dir(fresh), filepath.Base(dir.Audit()))
	err = os.Rename(chain, dir.Audit())
	if errors.Is(err, fs.ErrNotExist) { // nothing was decided: then there is no chain, nor an old one
		if err = os.Remove(dir.Audit()); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		return aside, err
	}
	if err := os.Rename(fresh, dir.Database()); err != nil {
		return aside, err
	}
	return aside, disk.SyncFolder(string(dir))
}

// newFolder makes a folder that is named by the time.
func newFolder(parent string, now time.Time) (string, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	name := filepath.Join(parent, now.UTC().Format("2006-01-02T150405Z"))
	for n := 2; ; n++ {
		err := os.Mkdir(name, 0o700)
		if !errors.Is(err, fs.ErrExist) {
			return name, err
		}
		name = fmt.Sprintf("%s-%d", filepath.Join(parent, now.UTC().Format("2006-01-02T150405Z")), n)
	}
}
