package rebuild

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"glennline/ops/ledger"
	"glennline/petition"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
)

// salvage brings in what can still be read of the damaged database. It believes
// nothing that it can look up: an id has to follow from its row, and a voice is
// measured anew. What is not whole counts for nothing by itself: without what
// was heard a signature goes to review, and so it does without its file.
//
// It is read from a copy in the folder, which is made and removed: SQLite writes
// beside a database even to read it.
func (r *run) salvage(ctx context.Context, folder string) error {
	if !r.wreck {
		return nil
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	copied := filepath.Join(folder, filepath.Base(r.Dir.Database()))
	for _, suffix := range []string{"", "-wal"} {
		if err := copyReadable(ctx, r.Dir.Database()+suffix, copied+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("copy the damaged database: %w", err)
		}
	}
	wreck, err := sqlite.OpenWreck(copied)
	if err != nil {
		return err
	}
	defer wreck.Close()
	if id, check := wreck.Secret(ctx); id != "" {
		if err := r.db.BindSecret(ctx, id, check); err != nil {
			return err
		}
	}
	var mu sync.Mutex
	group, work := errgroup.WithContext(ctx)
	group.SetLimit(together)
	err = wreck.Salvage(work, func(s sqlite.Salvaged) error {
		group.Go(func() error {
			brought, err := r.salvaged(work, s)
			mu.Lock()
			defer mu.Unlock()
			if brought {
				r.report.Salvaged++
			}
			if err != nil && !errors.Is(err, sqlite.ErrUnavailable) && work.Err() == nil {
				r.refuse("the damaged database: call "+s.Call.ID, err)
				return nil
			}
			return err
		})
		return work.Err()
	})
	r.report.Gaps = wreck.Gaps()
	return errors.Join(group.Wait(), err)
}

// copyReadable copies what a disk still gives of a file. The rest is zeros.
func copyReadable(ctx context.Context, from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	buf := make([]byte, 4096) // a page, and what disks read at once
	for at := int64(0); at < info.Size() && ctx.Err() == nil; at += int64(len(buf)) {
		n, _ := in.ReadAt(buf, at) // a block that cannot be read is a page that is damaged
		if _, err := out.WriteAt(buf[:n], at); err != nil {
			return err
		}
	}
	return errors.Join(ctx.Err(), out.Truncate(info.Size()))
}

// errOther is a row that was not written like this.
var errOther = errors.New("its id does not follow from what it says of itself")

// salvaged brings in one call, unless more is known of it already.
func (r *run) salvaged(ctx context.Context, s sqlite.Salvaged) (brought bool, err error) {
	id := s.Call.ID
	if callid.Derive(s.Call.System, s.Call.UniqueID, s.Call.StartedAt) != id && s.Call.UniqueID != unknownID(id) {
		return false, errOther
	}
	row, err := r.db.Call(ctx, id)
	switch {
	case err == nil && (row.Closing != nil || s.Closing == nil):
		return false, nil // one that was erased
	case err != nil && !errors.Is(err, sqlite.ErrNotFound):
		return false, err
	}
	erased := !s.ErasedAt.IsZero()
	switch {
	case erased && s.Closing != nil:
		s.Call.Caller.Pseudonym, s.Call.Caller.KeyID, s.Call.SIPCallID = "", "", ""
		s.Closing.Voice = nil
	case s.Closing == nil:
		err := r.db.Begin(ctx, s.Call)
		return err == nil, err
	}
	doubt := s.Doubt
	if s.Closing.Voice != nil {
		if found := r.measured(ctx, s.Closing.Voice); doubt == "" {
			doubt = found
		}
	}
	if _, err = ledger.Settle(ctx, r.db, s.Call, *s.Closing); err != nil {
		return false, err
	}
	if erased {
		return true, r.db.Forget(ctx, id, r.Actor)
	}
	if s.Closing.Voice == nil {
		return true, nil
	}
	if doubt != "" {
		err = r.db.Doubt(ctx, id, doubt)
	}
	if err == nil && s.Signature != nil && s.Signature.TypedName != "" {
		_, err = r.db.SetName(ctx, id, s.Signature.TypedName, r.Actor)
	}
	return true, err
}

// measured measures a voice anew from its file, and says what is to be doubted.
func (r *run) measured(ctx context.Context, v *petition.Voice) (doubt string) {
	now, err := r.store.Examine(ctx, v.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !v.PurgedAt.IsZero():
		return "" // its time was over
	case errors.Is(err, fs.ErrNotExist):
		return missing
	case err != nil || now.FileSHA256 != v.FileSHA256:
		return "damaged"
	}
	now.Repaired = v.Repaired
	*v = now
	return ""
}
