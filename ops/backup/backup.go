// Package backup copies a data folder while calls run, and brings it back.
//
//	<backup>/
//	  manifest.json    the latest whole backup: when, until when, totals, the hash of its list
//	  state/<time>/    what changes: glennline.db, journal/, audit.jsonl, copies.jsonl, and the
//	                   list of all files with their hashes, files.sha256 (sha256sum -c reads it)
//	  archive/         what is written once, and copied once: recordings,
//	  quarantine/      what was no usable audio,
//	  prompts/         and what callers have heard, by content
//	  witness/         Asterisk's event log, in pieces: what is added to it comes as another
//	  tombstones.jsonl calls that were erased, which a restore leaves out (package tombstone)
//	  .partial/        copies under way
//	  lock
//
// The manifest is replaced in one step after everything that it speaks of is on
// disk. A run that is interrupted therefore leaves the backup before it whole,
// and a folder in state/ that tells of it; the next run completes it. The
// secret is never inside, nor anything else that is not named here.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"glennline/ops/datadir"
	"glennline/ops/tombstone"
	"glennline/ops/witness"
	"glennline/petition/sqlite"
)

// What keeps a backup from being made or restored. Nothing was changed then.
var (
	ErrForeign    = errors.New("folder holds something else than a backup of glennline")
	ErrOverlap    = errors.New("backup and data must not lie in one another")
	ErrInUse      = errors.New("another backup into the same folder is running")
	ErrFull       = errors.New("no space left for the backup")
	ErrFewer      = errors.New("data folder has fewer calls than the backup")
	ErrNoBackup   = errors.New("no backup")
	ErrIncomplete = errors.New("backup was interrupted before it was whole")
	ErrExpired    = errors.New("backup has expired")
	ErrNewer      = errors.New("backup has the format of a newer version")
	ErrNotEmpty   = errors.New("data folder is not empty")
	ErrHalf       = errors.New("a restore was interrupted here")
)

// ErrUnverified says that a backup is not what was put there.
var ErrUnverified = errors.New("backup does not verify")

const (
	manifestName  = "manifest.json"
	listName      = "files.sha256"
	databaseName  = "glennline.db"
	stateFolder   = "state"
	partialFolder = ".partial"
	lockName      = "lock"
	stampLayout   = "2006-01-02T150405.000Z"

	folderMode = 0o700
	fileMode   = 0o400
)

// onceFolders are what is written once, below data folder and backup alike.
var onceFolders = []string{"archive", "prompts", "quarantine"}

// witnessFolder is that of the event log. It is not among them, because a running
// Asterisk adds to the log elsewhere.
const witnessFolder = "witness"

// Config says what to back up.
type Config struct {
	Dir     datadir.Dir
	Witness witness.Log
	Spool   string        // where Asterisk records; "" where that is not known
	To      string        // folder of the backup; made if needed
	Expires time.Duration // from now, when the backup must not be restored any more

	Progress func(done int) // told how many files have been looked at; may be nil
	Now      func() time.Time
}

// Report is what a run did.
type Report struct {
	Manifest
	Copied      int      `json:"copied"` // files that were not in the backup before
	CopiedBytes int64    `json:"copied_bytes"`
	InProgress  int      `json:"in_progress"`           // recordings that were archived meanwhile: they are in it, their rows come with the next
	Unclaimed   int      `json:"unclaimed"`             // recordings in it that the ledger does not know
	Completed   bool     `json:"completed_interrupted"` // a run before was interrupted
	Spooled     int      `json:"spooled"`               // recordings that wait to be brought in, and are not in it
	Missing     []string `json:"missing"`               // the ledger has them, the archive has not
	Damaged     []string `json:"damaged"`               // not what the ledger says
	LeftOut     []string `json:"left_out"`              // no files, or with names that no list can hold
}

// Left says whether something is left to look at.
func (r Report) Left() bool { return r.Spooled+len(r.Missing)+len(r.Damaged)+len(r.LeftOut) > 0 }

// Run makes a backup, or brings the one that is there up to date.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	to, err := filepath.Abs(cfg.To)
	if err != nil {
		return Report{}, err
	}
	if err := apart(string(cfg.Dir), to); err != nil {
		return Report{}, err
	}
	before, err := target(to)
	if err != nil {
		return Report{}, err
	}
	if err := ours(ctx, cfg.Dir.Database()); err != nil {
		return Report{}, err // and no folder is made for nothing
	}
	if err := os.MkdirAll(to, folderMode); err != nil {
		return Report{}, fmt.Errorf("folder of the backup: %w: name another with --to", err)
	}
	unlock, err := lock(to)
	if err != nil {
		return Report{}, err
	}
	defer unlock()
	r := &run{Config: cfg, to: to, before: before, began: cfg.Now().UTC(), since: time.Now()}
	r.report = Report{Missing: []string{}, Damaged: []string{}, LeftOut: []string{}}
	err = noRoom(to, r.all(ctx))
	_ = os.Remove(filepath.Join(to, partialFolder)) // if it is empty
	return r.report, err
}

// noRoom gives the error of a disk that is full its meaning. Of the data folder's
// disk nothing is asked.
func noRoom(to string, err error) error {
	met, _ := errors.AsType[sqlite3.Error](err)
	full := met.Code == sqlite3.ErrFull || met.Code == sqlite3.ErrIoErr && met.SystemErrno == unix.ENOSPC
	if !full && !errors.Is(err, unix.ENOSPC) && !errors.Is(err, unix.EDQUOT) {
		return err
	}
	return fmt.Errorf("%s: %w: make room there and run it again, or name a folder on another disk with --to; a backup that was there before is still whole", to, ErrFull)
}

// apart refuses folders that lie in one another, whatever links lead there.
func apart(data, to string) error {
	data, to = real(data), real(to)
	if inside(data, to) || inside(to, data) {
		return fmt.Errorf("%s and %s: %w: name a folder elsewhere, best on another disk", data, to, ErrOverlap)
	}
	return nil
}

// real is the path without links, as far as it exists.
func real(path string) string {
	if found, err := filepath.EvalSymlinks(path); err == nil {
		return found
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(real(parent), filepath.Base(path))
	}
	return path
}

func inside(path, of string) bool {
	rel, err := filepath.Rel(of, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// target looks at the folder of a backup: the manifest that is there, nil
// without one. What is no backup and not empty is ErrForeign.
func target(to string) (*Manifest, error) {
	entries, err := os.ReadDir(to)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w (%w): name another folder", ErrForeign, err)
	}
	m, err := readManifest(to)
	if errors.Is(err, ErrNoBackup) || errors.Is(err, ErrIncomplete) {
		for _, e := range entries {
			if name := e.Name(); name != lockName && name != partialFolder && name != stateFolder && name != witnessFolder && name != tombstone.FileName && !slices.Contains(onceFolders, name) {
				return nil, fmt.Errorf("%s: %w: name an empty one, or one that does not exist", to, ErrForeign)
			}
		}
		return nil, nil
	}
	return m, err
}

func lock(to string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(to, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w: wait until it has ended", to, ErrInUse)
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}

// run is one run.
type run struct {
	Config
	to     string
	before *Manifest // nil for the first
	began  time.Time
	since  time.Time // the same, on the clock of the file system
	state  string    // path of this run's folder, below to
	db     *sqlite.DB
	erased *tombstone.Set // calls that must not be in the backup
	pieces []string       // of the event log, that this run has added, below the folder witness
	report Report
}

// all does it. The journal is copied before the database: what is replayed in
// between is in both, and what is in neither does not exist.
func (r *run) all(ctx context.Context) (err error) {
	if r.report.Completed, err = r.clear(); err != nil {
		return err
	}
	if err := r.tombstones(); err != nil {
		return err
	}
	if err := r.newState(); err != nil {
		return err
	}
	if err := r.snapshot(ctx); err != nil {
		return errors.Join(err, os.RemoveAll(filepath.Join(r.to, r.state)))
	}
	defer func() { err = errors.Join(err, r.db.Close()) }()
	if err := r.files(ctx); err != nil {
		return err
	}
	if r.report.Spooled, err = spooled(r.Spool, r.since); err != nil {
		return err
	}
	return r.commit()
}

// tombstones takes over which calls were erased, so that the backup alone tells it.
func (r *run) tombstones() (err error) {
	there := filepath.Join(r.to, tombstone.FileName)
	if r.erased, err = tombstone.Load(r.Dir.Tombstones(), there); err != nil {
		return err
	}
	return tombstone.Add(there, r.erased.Stones()...)
}

// newState makes the folder of this run. It is never that of the backup before,
// whatever the clock says.
func (r *run) newState() error {
	if err := os.MkdirAll(filepath.Join(r.to, stateFolder), folderMode); err != nil {
		return err
	}
	stamp := r.began.Format(stampLayout)
	for n := 2; ; n++ {
		r.state = filepath.Join(stateFolder, stamp)
		err := os.Mkdir(filepath.Join(r.to, r.state), folderMode)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		stamp = fmt.Sprintf("%s-%d", r.began.Format(stampLayout), n)
	}
}

// clear removes what an interrupted run left that the next one makes anew.
func (r *run) clear() (interrupted bool, err error) {
	if err := os.RemoveAll(filepath.Join(r.to, partialFolder)); err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Join(r.to, partialFolder), folderMode); err != nil {
		return false, err
	}
	return r.onlyState("")
}

// onlyState removes every state but that of the manifest in force and keep.
func (r *run) onlyState(keep string) (removed bool, err error) {
	entries, err := os.ReadDir(filepath.Join(r.to, stateFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	for _, e := range entries {
		path := filepath.Join(stateFolder, e.Name())
		if path == keep || keep == "" && r.before != nil && path == r.before.State {
			continue
		}
		if err := os.RemoveAll(filepath.Join(r.to, path)); err != nil {
			return removed, err
		}
		removed = true
	}
	return removed, err
}
