package reconcile

import (
	"context"
	"errors"
	"io/fs"
	"time"
)

// stray is a file among Asterisk's recordings that is none of ours. Where the
// folder is ours alone, and in those that we made, it goes aside once it is
// older than any call: until then somebody may be writing it, if anybody is there.
func (r *run) stray(ctx context.Context, folder, path string, d fs.DirEntry) error {
	if _, err := time.Parse(time.DateOnly, folder); err != nil && folder != FallbackFolder && !r.OwnSpool {
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
	if !info.Mode().IsRegular() {
		f.Action = "nothing: it is no file; look at it and remove it"
		r.found(ctx, f, nil)
		return nil
	}
	if !r.deserted() && r.Now().Sub(info.ModTime()) < r.MaxCall+grace {
		r.wait(f)
		return nil
	}
	f.Action = "move it into the quarantine: it is no recording of ours"
	r.found(ctx, f, func(_ context.Context, f *Finding) error {
		f.Aside, err = r.Archive.Quarantine(path, string(Stray))
		return err
	})
	return nil
}
