package backup

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glennline/ops/witness"
)

// witness adds to the pieces of Asterisk's event log what has come since those
// that the list of the backup before has. What an interrupted run left besides is
// made anew.
func (r *run) witness() (err error) {
	kept, folder := make(witness.Kept), filepath.Join(r.to, witnessFolder)
	if r.before != nil {
		state := filepath.Join(r.to, r.before.State)
		if err := keptIn(filepath.Join(state, listName), r.to, kept); err != nil {
			return err
		}
		if r.pieces, err = keepOld(state, r.before.WitnessShared, folder, kept); err != nil {
			return err
		}
	}
	if r.Witness.Path == "" {
		return nil
	}
	pieces, err := witness.Keep(r.Witness, folder, kept)
	r.pieces = append(r.pieces, pieces...)
	return err
}

// keptIn takes the pieces of a list into account. A log of which one is lost is
// copied from its beginning.
func keptIn(list, backup string, kept witness.Kept) error {
	in, err := openList(list)
	if err != nil {
		return err
	}
	defer in.close()
	var lost []string
	for !in.end {
		if i := in.next; strings.HasPrefix(i.path, witnessFolder+"/") {
			kept.Add(i.path)
			if !exists(filepath.Join(backup, filepath.FromSlash(i.path))) {
				lost = append(lost, filepath.Base(filepath.Dir(i.path)))
			}
		}
		if err := in.advance(); err != nil {
			return err
		}
	}
	for _, log := range lost {
		delete(kept, log)
	}
	return nil
}

// keepOld makes pieces of the logs that a backup of format 1 has in its state.
func keepOld(state string, shared bool, folder string, kept witness.Kept) (pieces []string, err error) {
	logs, err := filepath.Glob(filepath.Join(state, "witness", "*.jsonl"))
	for _, log := range logs {
		more, err := witness.Keep(witness.Log{Path: log, Shared: shared}, folder, kept)
		if pieces = append(pieces, more...); err != nil {
			return pieces, err
		}
	}
	return pieces, err
}

// witnessFiles puts the pieces of the event log into the list: those of the
// backup before, those that this run has added, and those that the data folder
// has from a restore. The time of what was purged there is over here too.
func (c *copying) witnessFiles(ctx context.Context) error {
	pieces := make(map[string]item)
	err := c.old.rest(witnessFolder, func(i item) error {
		if strings.HasPrefix(i.path, witnessFolder+"/") && exists(c.at(i.path)) {
			pieces[i.path] = i
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, piece := range c.pieces {
		rel := witnessFolder + "/" + filepath.ToSlash(piece)
		sum, size, err := hashFile(c.at(rel))
		if err != nil {
			return err
		}
		pieces[rel] = c.copied(item{sum, rel}, size)
	}
	restored, err := witness.Pieces(c.Dir.Witness())
	if err != nil {
		return err
	}
	for _, path := range restored {
		rel, err := filepath.Rel(string(c.Dir), path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if _, there := pieces[rel]; there {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		sum, err := c.copy(path, c.at(rel))
		if err != nil {
			return err
		}
		pieces[rel] = c.copied(item{sum, rel}, info.Size())
	}
	if err := c.purgedPieces(ctx, pieces); err != nil {
		return err
	}
	if err := c.unlisted(pieces); err != nil {
		return err
	}
	for _, i := range slices.SortedFunc(maps.Values(pieces), func(a, b item) int { return strings.Compare(a.path, b.path) }) {
		info, err := os.Stat(c.at(i.path))
		if err == nil {
			err = c.add(i, info.Size())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// at is where a file of the list lies.
func (c *copying) at(rel string) string { return filepath.Join(c.to, filepath.FromSlash(rel)) }

func (c *copying) copied(i item, size int64) item {
	c.report.Copied++
	c.report.CopiedBytes += size
	return i
}

// purgedPieces takes those out whose time is over.
func (c *copying) purgedPieces(ctx context.Context, pieces map[string]item) error {
	moment, err := c.db.WitnessPurged(ctx)
	if err != nil || moment.IsZero() {
		return err
	}
	for rel := range pieces {
		over, err := witness.Before(c.at(rel), moment)
		if err != nil {
			return err
		}
		if over {
			delete(pieces, rel)
		}
	}
	return nil
}

// unlisted removes what the list will not have.
func (c *copying) unlisted(pieces map[string]item) error {
	return filepath.WalkDir(c.at(witnessFolder), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(c.to, path)
		if err != nil {
			return err
		}
		if _, listed := pieces[filepath.ToSlash(rel)]; listed {
			return nil
		}
		return os.Remove(path)
	})
}
