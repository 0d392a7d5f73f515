package reconcile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// stray is something among Asterisk's recordings that is none of ours. Where the
// folder is ours alone, and in those that we made, it goes aside once it is
// older than any call: until then somebody may be writing it, if anybody is there.
func (r *run) stray(ctx context.Context, folder, path string, d fs.DirEntry) error {
	if !r.ours(folder) {
		return nil // of others, who record there too
	}
	info, err := d.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f := Finding{Kind: Stray, Path: path, At: info.ModTime().UTC()}
	if !r.deserted() && r.Now().Sub(info.ModTime()) < r.MaxCall+grace {
		r.wait(f)
		return nil
	}
	f.Action = "move it into the quarantine: it is no recording of ours"
	if !info.Mode().IsRegular() {
		f.Action = "move it into the quarantine: it is no file"
	}
	r.found(ctx, f, func(_ context.Context, f *Finding) error {
		f.Aside, err = r.aside(path, Stray)
		return err
	})
	return nil
}

// strayFolder is a folder that we have not made. What is in it comes first; the
// folder goes aside when that is out of it.
func (r *run) strayFolder(ctx context.Context, folder, path string, d fs.DirEntry) error {
	info, err := d.Info() // of before anything is taken out
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = r.look(ctx, filepath.Join(folder, d.Name()))
	}
	if err != nil || !r.ours(folder) {
		return err
	}
	f := Finding{Kind: Stray, Path: path, At: info.ModTime().UTC()}
	if !r.deserted() && r.Now().Sub(info.ModTime()) < r.MaxCall+grace {
		r.wait(f)
		return nil
	}
	left, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if r.Apply && len(left) > 0 {
		f.Action = "nothing yet: it is a folder that is none of ours, and something in it was left alone"
		r.found(ctx, f, nil)
		return nil
	}
	f.Action = "move it into the quarantine: it is a folder that is none of ours"
	r.found(ctx, f, func(_ context.Context, f *Finding) error {
		f.Aside, err = r.aside(path, Stray)
		return err
	})
	return nil
}

// ours says whether a folder below the spool is for us alone.
func (r *run) ours(folder string) bool {
	first, _, _ := strings.Cut(filepath.ToSlash(folder), "/")
	return r.OwnSpool || ofOurs(first)
}

// aside moves whatever lies at path into the quarantine.
func (r *run) aside(path string, why Kind) (newPath string, err error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return r.Archive.Aside(path, string(why))
	}
	return r.Archive.Quarantine(path, string(why))
}
