package reconcile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glennline/ops/fallback"
	"glennline/petition/callid"
)

// fallback is a recording that the dialplan made while we were away, or the
// note of a call that ended before it was recorded.
func (r *run) fallback(ctx context.Context, path string, d fs.DirEntry) error {
	name, ok := fallback.ParseName(path)
	if !ok {
		return r.stray(ctx, fallbackFolder, path, d)
	}
	info, err := d.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	note := filepath.Ext(path) == fallback.NoteSuffix
	if note && exists(strings.TrimSuffix(path, fallback.NoteSuffix)+".wav") {
		return nil // it goes with the recording
	}
	w, err := r.DB.WitnessOf(ctx, name.UniqueID)
	if err != nil {
		return err
	}
	id := callid.Derive(callid.System(name.UniqueID), name.UniqueID, info.ModTime())
	since := info.ModTime().UTC()
	// A time that has not come yet is that of another clock, and says nothing: the
	// file's is by ours.
	if l := latest(w); l.After(since) && !l.After(r.Now().Add(grace)) {
		since = l
	}
	if !r.over(id, name.UniqueID, since, w) {
		return nil
	}
	f := Finding{
		Kind: Orphan, CallID: id, UniqueID: name.UniqueID, Path: path, At: info.ModTime().UTC(),
		Action: "archive what the dialplan recorded by itself, and write row and signature",
	}
	switch {
	case r.Tombstones.Erased(id):
		f.Kind, f.Action = Erased, "remove what the dialplan recorded by itself, and write that there was a call: the person was erased on request"
	case note:
		f.Kind, f.Action = Unexplained, "write the call, of which the dialplan recorded nothing"
	default:
		unheard(&f, "write the row", unusable(path))
	}
	if r.Fallback == nil {
		r.found(ctx, f, nil)
		return nil
	}
	r.found(ctx, f, func(ctx context.Context, f *Finding) error {
		in, err := r.Fallback(ctx, path)
		f.Aside = in.Aside
		unheard(f, "write the row", in.Why)
		if in.Unread {
			f.Action += "; the note beside it, which could not be read, goes there too: who called stays unknown"
		}
		return err
	})
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
