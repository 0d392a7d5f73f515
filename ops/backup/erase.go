package backup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glennline/ops/shred"
	"glennline/ops/tombstone"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

// Erased is what Erase did to a backup.
type Erased struct {
	Files   int       // recordings and notes that were removed
	Expires time.Time // when the whole backup is to be erased
}

// Erase removes erased calls from the backup in folder: their recordings, and
// from the copy of the database what Forget removes. The tombstones come first,
// so that a run that is broken off brings nobody back either, and the next one
// finishes it. needles are bytes that must not be left. The backup is the same
// one afterwards: its moment, and the date on which it expires, stay.
func Erase(ctx context.Context, folder string, erased *tombstone.Set, needles [][]byte, actor string) (Erased, error) {
	before, err := readManifest(folder)
	if err != nil {
		return Erased{}, err
	}
	unlock, err := lock(folder)
	if err != nil {
		return Erased{}, err
	}
	defer unlock()
	done := Erased{Expires: before.ExpiresAt}
	if err := tombstone.Add(filepath.Join(folder, tombstone.FileName), erased.Stones()...); err != nil {
		return done, err
	}
	if clean, err := without(ctx, folder, before, erased); clean || err != nil {
		return done, err
	}
	r := &run{to: folder, before: before, began: before.CreatedAt}
	r.Expires = before.ExpiresAt.Sub(before.CreatedAt)
	r.report.Manifest = Manifest{Calls: before.Calls, SecretID: before.SecretID, WitnessShared: before.WitnessShared}
	return done, r.erase(ctx, erased, needles, actor, &done)
}

// without is whether a backup has nothing of erased calls any more.
func without(ctx context.Context, folder string, m *Manifest, erased *tombstone.Set) (bool, error) {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(folder, m.State, databaseName), ReadOnly: true})
	if err != nil {
		return false, nil //nolint:nilerr // of an older version: what is to be erased is found on the way
	}
	ids, err := db.NotErased(ctx, erased.IDs())
	if err := errors.Join(err, db.Close()); err != nil || len(ids) > 0 {
		return false, err
	}
	list, err := openList(filepath.Join(folder, m.State, listName))
	if err != nil {
		return false, err
	}
	defer list.close()
	for !list.end {
		if erased.Holds(list.next.path, list.next.sum) {
			return false, nil
		}
		if err := list.advance(); err != nil {
			return false, err
		}
	}
	waiting := false
	logs, err := filepath.Glob(filepath.Join(folder, m.State, "journal", "*"))
	for _, log := range logs {
		err = errors.Join(err, journal.Calls(log, func(callID string) { waiting = waiting || erased.Erased(callID) }))
	}
	return !waiting, err
}

// erase makes a new state without the erased calls, and puts it in force.
func (r *run) erase(ctx context.Context, erased *tombstone.Set, needles [][]byte, actor string, done *Erased) (err error) {
	if _, err := r.clear(); err != nil {
		return err
	}
	defer func() { _ = os.Remove(filepath.Join(r.to, partialFolder)) }() // if it is empty
	if err := r.newState(); err != nil {
		return err
	}
	defer func() {
		if m, unreadable := readManifest(r.to); err != nil && unreadable == nil && m.State != r.state {
			err = errors.Join(err, os.RemoveAll(filepath.Join(r.to, r.state))) // the one before is in force
		}
	}()
	if err := r.stateWithout(ctx, erased, needles, actor); err != nil {
		return err
	}
	if err := r.listWithout(erased, done); err != nil {
		return err
	}
	return r.commit()
}

// stateWithout copies what changes, without the erased calls.
func (r *run) stateWithout(ctx context.Context, erased *tombstone.Set, needles [][]byte, actor string) error {
	old, fresh := filepath.Join(r.to, r.before.State), filepath.Join(r.to, r.state)
	for _, part := range []string{"", "journal", "witness"} {
		if err := copyLogs(filepath.Join(old, part), filepath.Join(fresh, part), "*.jsonl*"); err != nil {
			return err
		}
	}
	logs, err := filepath.Glob(filepath.Join(fresh, "journal", "*"))
	if err != nil {
		return err
	}
	for _, log := range logs {
		if err := journal.Drop(log, erased.Erased); err != nil {
			return err
		}
	}
	path := filepath.Join(fresh, databaseName)
	if err := copyLog(filepath.Join(old, databaseName), path); err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return err
	}
	ids, err := db.NotErased(ctx, erased.IDs())
	for _, id := range ids {
		if err = db.Forget(ctx, id, actor); err != nil {
			break
		}
	}
	if err == nil {
		var counts sqlite.Counts
		counts, err = db.Counts(ctx)
		for _, n := range counts.Statuses {
			r.report.Signatures += n
		}
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := sqlite.Scour(ctx, path, needles, time.Second); err != nil {
		return err
	}
	return sqlite.OneFile(ctx, path)
}

// listWithout writes the list of the new state, and removes the files of erased
// calls.
func (r *run) listWithout(erased *tombstone.Set, done *Erased) (err error) {
	old, err := openList(filepath.Join(r.to, r.before.State, listName))
	if err != nil {
		return err
	}
	defer old.close()
	c := &copying{run: r}
	if c.list, err = createList(filepath.Join(r.to, r.state, listName)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.list.close()) }()
	stated := false
	for !old.end {
		i := old.next
		if err := old.advance(); err != nil {
			return err
		}
		if strings.HasPrefix(i.path, stateFolder+"/") {
			continue
		}
		if !stated && before(stateFolder, i.path) {
			stated = true // a list is in order
			if err := c.stateFiles(); err != nil {
				return err
			}
		}
		there := filepath.Join(r.to, filepath.FromSlash(i.path))
		info, err := os.Lstat(there)
		switch {
		case errors.Is(err, fs.ErrNotExist) && erased.Holds(i.path, i.sum):
			continue // a run before was broken off
		case errors.Is(err, fs.ErrNotExist):
			err = c.list.add(i) // lost from the backup: for a restore to tell
		case err != nil:
		case erased.Holds(i.path, i.sum):
			done.Files++
			err = shred.File(there)
		default:
			err = c.add(i, info.Size())
		}
		if err != nil {
			return err
		}
	}
	if stated {
		return nil
	}
	return c.stateFiles()
}
