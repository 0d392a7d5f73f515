package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// voices looks for the file of every signature.
func (r *run) voices(ctx context.Context) error {
	return r.DB.Voices(ctx, func(id, path, sum string) error {
		r.tick()
		if err := ctx.Err(); err != nil {
			return err
		}
		full := filepath.Join(r.Root, filepath.FromSlash(path))
		_, err := os.Lstat(full)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			r.found(ctx, Finding{
				Kind: Missing, CallID: id, Path: full,
				Action: "mark the signature for review; restore the file from a backup",
			}, r.doubt(id, "file_missing"))
			r.stillLeft()
			return nil
		case err != nil:
			return err
		case !r.VerifyHashes:
			return nil
		}
		got, err := hashFile(full)
		if err != nil {
			return err
		}
		if got == sum {
			return nil
		}
		r.found(ctx, Finding{
			Kind: Damaged, CallID: id, Path: full,
			Action: "mark the signature for review and move the file aside; restore it from a backup",
		}, func(ctx context.Context) error {
			if err := r.doubt(id, "file_damaged")(ctx); err != nil {
				return err
			}
			_, err := r.Archive.Quarantine(full, "damaged")
			return err
		})
		r.stillLeft()
		return nil
	})
}

// stillLeft counts a finding that was done and still wants somebody's look.
func (r *run) stillLeft() {
	if r.Apply {
		r.report.Left++
	}
}

func (r *run) doubt(id, reason string) func(context.Context) error {
	return func(ctx context.Context) error { return r.DB.Doubt(ctx, id, reason) }
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// chunk is how many files are looked up at a time.
const chunk = 500

// files looks for the signature of every file in the archive.
func (r *run) files(ctx context.Context) error {
	days, err := filepath.Glob(filepath.Join(r.Root, "[0-9][0-9][0-9][0-9]", "[0-9][0-9]", "[0-9][0-9]"))
	if err != nil {
		return err
	}
	for _, day := range days {
		if err := r.day(ctx, day); err != nil {
			return err
		}
	}
	return nil
}

// day reads a folder in pieces: a campaign has one day with all of its files.
func (r *run) day(ctx context.Context, folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer dir.Close()
	rel, err := filepath.Rel(r.Root, folder)
	if err != nil {
		return err
	}
	for {
		names, err := dir.Readdirnames(chunk)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		paths := make([]string, 0, len(names))
		for _, name := range names {
			if strings.HasSuffix(name, ".wav") {
				paths = append(paths, filepath.ToSlash(filepath.Join(rel, name)))
			}
		}
		r.report.Totals.Files += len(paths)
		known, err := r.DB.VoicesAt(ctx, paths)
		if err != nil {
			return err
		}
		for _, path := range paths {
			r.tick()
			if known[path] {
				continue
			}
			if err := r.unknownFile(ctx, path); err != nil {
				return err
			}
		}
	}
}

// unknownFile is an archived recording that no signature has.
func (r *run) unknownFile(ctx context.Context, path string) error {
	full := filepath.Join(r.Root, filepath.FromSlash(path))
	id := strings.TrimSuffix(filepath.Base(full), ".wav")
	if r.alone[id] || r.told[id] {
		return nil // its spool copy says more of it
	}
	row, err := r.DB.Call(ctx, id)
	switch {
	case errors.Is(err, sqlite.ErrNotFound):
		// What was heard is not known any more: it becomes review, never counted.
		return r.orphan(ctx, id, full, petition.Consent{})
	case err != nil:
		return err
	case row.Closing == nil:
		return nil // open: seen before, or its call is alive
	case row.Closing.Voice != nil:
		return nil // signed since the look-up
	}
	w, err := r.DB.WitnessOf(ctx, row.Call.UniqueID)
	if err != nil {
		return err
	}
	f := Finding{
		Kind: Unclaimed, CallID: id, UniqueID: row.Call.UniqueID, Path: full, At: row.Call.StartedAt,
		Action: "measure the archived recording and complete the row",
	}
	r.found(ctx, f, func(ctx context.Context) error {
		return r.claim(ctx, row.Call, w, full, row.Closing.Consent)
	})
	return nil
}

// archived is where the recording of a call would lie in the archive, and
// whether it does.
func (r *run) archived(call petition.Call) (string, bool) {
	path := filepath.Join(r.Root, call.StartedAt.UTC().Format("2006/01/02"), call.ID+".wav")
	_, err := os.Lstat(path)
	return path, err == nil
}
