package reconcile

import (
	"context"

	"glennline/ops/shred"
	"glennline/petition"
	"glennline/voicemail/wav"
)

// erased looks for calls that came back after they were erased, as with a
// database that somebody put back by hand, or that an erasure did not come to
// before it was broken off.
func (r *run) erased(ctx context.Context) error {
	ids, err := r.DB.NotErased(ctx, r.Tombstones.IDs())
	if err != nil {
		return err
	}
	for _, id := range ids {
		r.tick()
		f := Finding{Kind: Erased, CallID: id, Action: "erase the row again, as it was on request"}
		r.found(ctx, f, func(ctx context.Context, _ *Finding) error { return r.DB.Forget(ctx, id, petition.ActorRule) })
		r.told[id] = false // its recording is told of besides
	}
	return nil
}

// remains is a recording of a call that was erased.
func (r *run) remains(ctx context.Context, id, path string) {
	f := Finding{Kind: Erased, CallID: id, Path: path, Action: "remove the file: the person was erased on request"}
	r.found(ctx, f, func(context.Context, *Finding) error { return shred.File(path) })
}

// samples is the hash of a recording's samples; "" for what is none.
func samples(ctx context.Context, path string) string {
	f, stat, err := wav.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := wav.InspectFrom(f, stat.Size())
	if err != nil {
		return ""
	}
	digest, err := info.Scan(ctx, f, nil)
	if err != nil {
		return ""
	}
	return digest.AudioSHA256
}
