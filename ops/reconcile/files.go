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
	"glennline/petition/callid"
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
		info, err := os.Stat(full)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return r.doubtful(ctx, Finding{Kind: Missing, CallID: id, Path: full})
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return r.doubtful(ctx, Finding{Kind: Damaged, CallID: id, Path: full})
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
		return r.doubtful(ctx, Finding{Kind: Damaged, CallID: id, Path: full})
	})
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
	return r.folder(ctx, ".", 0)
}

// folder looks through the archive down to the days, and at what lies between.
func (r *run) folder(ctx context.Context, rel string, depth int) error {
	const days = 3 // 2026/11/22
	if depth == days {
		return r.day(ctx, filepath.Join(r.Root, rel))
	}
	entries, err := os.ReadDir(filepath.Join(r.Root, rel))
	if err != nil {
		return err
	}
	for _, e := range entries {
		at := filepath.Join(rel, e.Name())
		switch {
		case e.IsDir() && strings.Trim(e.Name(), "0123456789") == "":
			err = r.folder(ctx, at, depth+1)
		case !strings.HasPrefix(e.Name(), "."): // of ours, for copies under way
			r.misplaced(ctx, filepath.Join(r.Root, at))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// misplaced is what nobody of ours put into the archive, in which nothing is
// ever moved.
func (r *run) misplaced(ctx context.Context, path string) {
	r.found(ctx, Finding{Kind: Stray, Path: path, Action: "nothing: it is none of ours; look at it and move it out of the archive"}, nil)
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
			id, ok := strings.CutSuffix(name, ".wav")
			if _, isID := callid.Time(id); !ok || !isID {
				r.misplaced(ctx, filepath.Join(folder, name))
				continue
			}
			paths = append(paths, filepath.ToSlash(filepath.Join(rel, name)))
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
	if info, err := os.Stat(full); err == nil && !info.Mode().IsRegular() {
		r.misplaced(ctx, full)
		return nil
	}
	if r.Tombstones.Erased(id) {
		r.remains(ctx, id, full)
		return nil
	}
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
	case row.Closing.Voice != nil && row.Closing.Voice.Path == path:
		return nil // signed since the look-up
	case row.Closing.Voice != nil:
		r.found(ctx, Finding{
			Kind: Stray, CallID: id, Path: full, At: row.Call.StartedAt,
			Action: "nothing: the call has another recording, " + row.Closing.Voice.Path + "; look at both and move one out of the archive",
		}, nil)
		return nil
	}
	w, err := r.DB.WitnessOf(ctx, row.Call.UniqueID)
	if err != nil {
		return err
	}
	f := Finding{
		Kind: Unclaimed, CallID: id, UniqueID: row.Call.UniqueID, Path: full, At: row.Call.StartedAt,
		Action: "measure the archived recording and complete the row",
	}
	r.found(ctx, f, func(ctx context.Context, f *Finding) error {
		return r.claim(ctx, f, row.Call, w, full, row.Closing.Consent)
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
