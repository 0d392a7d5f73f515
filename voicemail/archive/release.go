package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"glennline/petition"
	"glennline/voicemail/wav"
)

// Release removes the file at spoolPath if the archive has v and v is what is
// in that file. Otherwise it leaves it and returns an error that wraps
// ErrNotArchived. A file that is gone already is no error.
func (a *Archive) Release(spoolPath string, v petition.Voice) error {
	if a.linked(spoolPath, v) {
		return remove(spoolPath)
	}
	spool, stat, err := wav.Open(spoolPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("releasing: %w", err)
	}
	defer spool.Close()
	if err := a.holds(v, spool, stat); err != nil {
		return fmt.Errorf("releasing %s: it stays until it is archived: %w", spoolPath, err)
	}
	return removeOpen(spoolPath, stat)
}

// linked reports whether the spool's file and the archive's are one, as nearly
// always: then neither has to be opened.
func (a *Archive) linked(spoolPath string, v petition.Voice) bool {
	if !filepath.IsLocal(filepath.FromSlash(v.Path)) {
		return false
	}
	spool, err := os.Lstat(spoolPath)
	if err != nil || !spool.Mode().IsRegular() {
		return false
	}
	archived, err := os.Lstat(a.Path(v))
	return err == nil && os.SameFile(spool, archived)
}

// holds is nil if the archive has v on disk, and v is the open file.
func (a *Archive) holds(v petition.Voice, spool *os.File, stat fs.FileInfo) error {
	archived, at, err := a.open(v.Path)
	if err != nil {
		return fmt.Errorf("%w: %w", err, ErrNotArchived)
	}
	defer archived.Close()
	if os.SameFile(stat, at) {
		return nil
	}
	hash, err := hashOf(archived)
	if err != nil {
		return err
	}
	info, err := wav.InspectFrom(spool, stat.Size())
	if err != nil {
		return fmt.Errorf("%w: %w", err, ErrNotArchived)
	}
	digest, err := info.Scan(context.Background(), spool, nil)
	if err != nil {
		return err
	}
	if hash != v.FileSHA256 || digest.FileSHA256 != v.FileSHA256 {
		return fmt.Errorf("%s is another recording: %w", v.Path, ErrNotArchived)
	}
	return nil
}

// removeOpen removes path if it still is the file that stat is of.
func removeOpen(path string, stat fs.FileInfo) error {
	now, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !os.SameFile(now, stat) {
		return fmt.Errorf("%s: %w", path, ErrBusy)
	}
	return remove(path)
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("let this user write to %s: %w", filepath.Dir(path), err)
	}
	return nil
}
