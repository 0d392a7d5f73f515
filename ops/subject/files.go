package subject

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"glennline/ops/shred"
	"glennline/ops/tombstone"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
)

// files removes what is left of erased calls: recordings in archive, spool and
// quarantine, and the notes beside them.
func (e *Eraser) files(ctx context.Context, db *sqlite.DB, rows []sqlite.CallRow, erased *tombstone.Set, r *Receipt) error {
	remove := func(path string) error {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err := shred.File(path); err != nil {
			return err
		}
		r.Files++
		return nil
	}
	for _, row := range rows {
		if row.Closing != nil && row.Closing.Voice != nil {
			if err := remove(filepath.Join(e.Dir.Archive(), filepath.FromSlash(row.Closing.Voice.Path))); err != nil {
				return err
			}
		}
	}
	for _, id := range erased.IDs() {
		for _, path := range archived(ctx, db, e.Dir.Archive(), id) {
			if err := remove(path); err != nil {
				return err
			}
		}
	}
	for _, folder := range []string{e.Spool, e.Dir.Quarantine(), filepath.Join(e.Dir.Archive(), ".partial")} {
		if folder == "" {
			continue
		}
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
				return nil
			}
			if err != nil || !erased.Holds(path, hashOf(path)) {
				return err
			}
			return remove(path)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// archived are the places in the archive that the recording of a call may have:
// the day of its start, or one beside the time in its id.
func archived(ctx context.Context, db *sqlite.DB, root, id string) (paths []string) {
	days := make(map[string]bool)
	if at, ok := callid.Time(id); ok {
		for _, shift := range []time.Duration{-12 * time.Hour, 0, 12 * time.Hour} {
			days[at.Add(shift).UTC().Format("2006/01/02")] = true
		}
	}
	if row, err := db.Call(ctx, id); err == nil {
		days[row.Call.StartedAt.UTC().Format("2006/01/02")] = true
	}
	for day := range days {
		paths = append(paths, filepath.Join(root, filepath.FromSlash(day), id+".wav"))
	}
	return paths
}

// hashOf is the SHA-256 of a recording; "" for any other file.
func hashOf(path string) string {
	if filepath.Ext(path) != ".wav" {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// strike removes the bytes from files that nobody reads as what they are any more,
// or that others append to: databases that were set aside, and entries of the
// journal that no database took.
func (e *Eraser) strike(needles [][]byte) error {
	if len(needles) == 0 {
		return nil
	}
	for _, folder := range []string{e.Dir.Damaged(), e.Dir.Journal()} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
				return nil
			}
			if err != nil || filepath.Base(path) == "journal.jsonl" { // what waits there is not settled, and then nobody is erased
				return err
			}
			_, err = shred.Bytes(path, needles)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
