package subject

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"glennline/ops/backup"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/tombstone"
	"glennline/petition/sqlite"
)

// Eraser erases people from a data folder and from the backups within reach.
type Eraser struct {
	Dir      datadir.Dir
	Spool    string // Asterisk's recording folder
	Actor    string
	Backups  []string // folders of backups that are named besides those known
	Copies   []copies.Copy
	Patience time.Duration // that readers in the way have
	Now      func() time.Time
}

// Receipt is what was erased, and what was not. Its JSON is a contract: keys are
// added, never renamed or removed.
type Receipt struct {
	At       time.Time      `json:"at"`
	Actor    string         `json:"actor"`
	Calls    []string       `json:"calls"`    // erased now
	Finished []string       `json:"finished"` // erased before, and something of them was left
	Files    int            `json:"files"`    // removed from the data folder
	Backups  []BackupResult `json:"backups"`
	Outside  []Outside      `json:"outside"` // exports and the like that nobody can reach from here
	Left     []string       `json:"left"`    // what could not be done, and what to do
}

// BackupResult is what became of a backup.
type BackupResult struct {
	Path    string     `json:"path"`
	Files   int        `json:"files"`   // recordings removed
	Expires *time.Time `json:"expires"` // when it is to be erased as a whole; null if not known
	Why     string     `json:"why"`     // why it could not be reached; "" if it was
}

// Erase erases the calls of a person; rows are all of them, none in progress (see
// Settled). Tombstones come first: from there on nothing of the calls comes back,
// and whatever a crash leaves, the next Erase finishes, of whomever.
//
// The error is about the data folder; what could not be done elsewhere stands in
// the receipt.
func (e *Eraser) Erase(ctx context.Context, db *sqlite.DB, rows []sqlite.CallRow) (Receipt, error) {
	r := Receipt{
		At: e.Now().UTC().Truncate(time.Second), Actor: e.Actor,
		Calls: []string{}, Finished: []string{}, Backups: []BackupResult{}, Outside: []Outside{}, Left: []string{},
	}
	if err := e.bury(rows); err != nil {
		return r, err
	}
	erased, err := tombstone.Load(e.Dir.Tombstones())
	if err != nil {
		return r, err
	}
	again, err := db.NotErased(ctx, erased.IDs())
	if err != nil {
		return r, err
	}
	if r.Outside, err = e.outside(ctx, db, rows, again); err != nil {
		return r, err
	}
	for _, row := range rows {
		if err := db.Forget(ctx, row.Call.ID, e.Actor); err != nil {
			return r, err
		}
		r.Calls = append(r.Calls, row.Call.ID)
	}
	for _, id := range again {
		if slices.Contains(r.Calls, id) {
			continue
		}
		if err := db.Forget(ctx, id, e.Actor); err != nil {
			return r, err
		}
		r.Finished = append(r.Finished, id)
	}
	if err := e.files(ctx, db, rows, erased, &r); err != nil {
		return r, err
	}
	needles := needles(rows)
	if err := e.strike(needles); err != nil {
		return r, err
	}
	err = sqlite.Scour(ctx, e.Dir.Database(), needles, e.Patience)
	if errors.Is(err, sqlite.ErrReader) || errors.Is(err, sqlite.ErrLocked) {
		r.Left = append(r.Left, err.Error())
	} else if err != nil {
		return r, err
	}
	e.backups(ctx, erased, needles, &r)
	return r, nil
}

// outside are the copies that nobody can reach from here. They are looked for as
// long as it is known what the calls were; of those that an erasure before this
// has forgotten already, only that any copy may hold them, but those of one person.
func (e *Eraser) outside(ctx context.Context, db *sqlite.DB, rows []sqlite.CallRow, again []string) ([]Outside, error) {
	known := slices.Clone(rows)
	for _, id := range again {
		row, err := db.Call(ctx, id)
		if err != nil {
			return nil, err
		}
		known = append(known, row)
	}
	held, err := Held(ctx, db, e.Copies, known)
	if len(known) == 0 {
		for _, c := range e.Copies {
			if c.Kind != copies.Subject {
				held = append(held, Outside{string(c.Kind), c.Path, c.At, moment(c.Expires), HoldsPerhaps})
			}
		}
	}
	held = slices.DeleteFunc(held, func(o Outside) bool { return o.Kind == string(copies.Backup) })
	return append([]Outside{}, held...), err
}

// bury writes the tombstones.
func (e *Eraser) bury(rows []sqlite.CallRow) error {
	known, err := tombstone.Load(e.Dir.Tombstones())
	if err != nil {
		return err
	}
	var stones []tombstone.Stone
	for _, row := range rows {
		audio, file := "", ""
		if row.Closing != nil && row.Closing.Voice != nil {
			audio, file = row.Closing.Voice.AudioSHA256, row.Closing.Voice.FileSHA256
		}
		stones = append(stones, known.New(row.Call.ID, e.Now(), audio, file))
	}
	return tombstone.Add(e.Dir.Tombstones(), stones...)
}

// The fewest characters of what is looked for: something shorter may be part of
// anything.
const (
	shortest     = 16
	shortestName = 8
)

// needles are the bytes that must be nowhere when the calls are erased.
func needles(rows []sqlite.CallRow) (needles [][]byte) {
	add := func(text string, fewest int) {
		if len(text) >= fewest && len(text) <= 1<<10 && !slices.ContainsFunc(needles, func(n []byte) bool { return string(n) == text }) {
			needles = append(needles, []byte(text))
		}
	}
	for _, row := range rows {
		add(row.Call.Caller.Pseudonym, shortest)
		add(row.Call.SIPCallID, shortest)
		if row.Signature != nil {
			add(row.Signature.TypedName, shortestName)
		}
	}
	return needles
}

// backups erases from every backup that is known or named.
func (e *Eraser) backups(ctx context.Context, erased *tombstone.Set, needles [][]byte, r *Receipt) {
	known := make(map[string]time.Time)
	var paths []string
	for _, c := range e.Copies {
		if c.Kind == copies.Backup {
			known[c.Path] = c.Expires
			paths = append(paths, c.Path)
		}
	}
	for _, path := range e.Backups {
		if _, ok := known[path]; !ok {
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		done := BackupResult{Path: path, Expires: moment(known[path])}
		report, err := backup.Erase(ctx, path, erased, needles, e.Actor)
		switch {
		case err == nil:
			done.Files, done.Expires = report.Files, moment(report.Expires)
		case errors.Is(err, backup.ErrNoBackup) && !slices.Contains(e.Backups, path):
			done.Why = "it is not there now: removed, moved, or on a disk that is not mounted"
		default:
			done.Why = err.Error()
		}
		r.Backups = append(r.Backups, done)
		if done.Why != "" && (done.Expires == nil || done.Expires.After(r.At)) {
			r.Left = append(r.Left, fmt.Sprintf("backup %s: %s; name it with --backup once it can be reached", path, done.Why))
		}
	}
}
