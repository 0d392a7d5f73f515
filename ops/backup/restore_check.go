package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"glennline/ops/datadir"
	"glennline/ops/tombstone"
)

// check looks at everything that would be a reason not to begin.
func (r *restore) check() (err error) {
	if r.From, err = filepath.Abs(r.From); err != nil {
		return err
	}
	m, err := readManifest(r.From)
	if err != nil {
		return err
	}
	r.done.Backup = *m
	if r.Now().After(m.ExpiresAt) && !r.Expired {
		return fmt.Errorf("%s: %w (on %s): what it holds was to be erased by then; --expired restores it all the same",
			r.From, ErrExpired, m.ExpiresAt.Format(time.DateOnly))
	}
	to, err := filepath.Abs(r.To)
	if err != nil {
		return err
	}
	r.dir, r.done.Data = datadir.Dir(to), to
	if err := apart(to, r.From); err != nil {
		return err
	}
	if err := r.free(); err != nil {
		return err
	}
	if err := r.tombstones(); err != nil {
		return err
	}
	sum, _, err := hashFile(filepath.Join(r.From, m.State, listName))
	if err != nil || sum != m.ListSHA256 {
		return r.nothing("its list of files is not the one that was written")
	}
	return r.sound()
}

// tombstones reads which calls must not come back.
func (r *restore) tombstones() (err error) {
	r.erased, err = tombstone.Load(append([]string{filepath.Join(r.From, tombstone.FileName), r.dir.Tombstones()}, r.Erased...)...)
	return err
}

// free makes sure that nothing is overwritten: the folder holds nothing, or what
// a restore of the same backup brought that was interrupted.
func (r *restore) free() error {
	text, err := os.ReadFile(r.marker())
	state, from, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	switch {
	case err == nil && state == r.done.Backup.State:
		return nil
	case err == nil && state != "":
		return fmt.Errorf("%s: %w, from %s as it was at %s: name another folder with --data, or empty this one",
			r.dir, ErrHalf, from, path.Base(state))
	}
	found := errors.New("found")
	err = filepath.WalkDir(string(r.dir), func(at string, d fs.DirEntry, err error) error {
		// What a restore makes first: folders, the lock, and the marker.
		if err != nil || d.IsDir() || at == filepath.Join(string(r.dir), lockName) || at == r.marker() || at == r.fresh() {
			return err
		}
		return found
	})
	switch {
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, found):
		return fmt.Errorf("%s: %w: name an empty one, or one that does not exist, with --data", r.dir, ErrNotEmpty)
	}
	return fmt.Errorf("%w (%w): name another with --data", ErrNotEmpty, err)
}

// sound hashes the database before anything is made.
func (r *restore) sound() error {
	rel := path.Join(r.done.Backup.State, databaseName)
	found := ""
	err := r.each(func(i item) error {
		if i.path == rel {
			found = i.sum
		}
		return nil
	})
	if err != nil {
		return err
	}
	sum, _, err := hashFile(filepath.Join(r.From, filepath.FromSlash(rel)))
	if err != nil || found == "" || sum != found {
		return r.nothing("its database is not the one that was copied")
	}
	return nil
}
