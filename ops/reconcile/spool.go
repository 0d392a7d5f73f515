package reconcile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glennline/ops/fallback"
	"glennline/ops/ledger"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail"
)

// fallbackFolder is where the dialplan records by itself, below the spool.
const fallbackFolder = "fallback"

// spool looks at everything that is still in Asterisk's folder.
func (r *run) spool(ctx context.Context) error {
	return r.look(ctx, ".")
}

// look goes through a folder of the spool, by its path below that, and through
// those in it, whoever made them: a recording of ours may lie anywhere.
func (r *run) look(ctx context.Context, folder string) error {
	entries, err := os.ReadDir(filepath.Join(r.Spool, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was taken meanwhile, or Asterisk has recorded nothing yet
	}
	if err != nil {
		return err
	}
	for _, d := range entries {
		r.tick()
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.entry(ctx, folder, d); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) entry(ctx context.Context, folder string, d fs.DirEntry) error {
	path := filepath.Join(r.Spool, folder, d.Name())
	ext := filepath.Ext(path)
	switch regular := d.Type().IsRegular(); {
	case folder == "." && ofOurs(d.Name()) && isFolder(path):
		return r.look(ctx, d.Name())
	case d.IsDir():
		return r.strayFolder(ctx, folder, path, d)
	case folder == fallbackFolder && regular && (ext == ".wav" || ext == fallback.NoteSuffix):
		return r.fallback(ctx, path, d)
	case folder != fallbackFolder && regular && ext == ".wav":
		return r.spooled(ctx, folder, path, d)
	}
	return r.stray(ctx, folder, path, d)
}

// ofOurs says whether a folder of the spool is one that we have made: a day, or
// that of the dialplan's own recordings.
func ofOurs(name string) bool {
	_, err := time.Parse(time.DateOnly, name)
	return err == nil || name == fallbackFolder
}

// isFolder says whether Asterisk could record into path, also through a link.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (r *run) spooled(ctx context.Context, folder, path string, d fs.DirEntry) error {
	id, consent, ok := voicemail.ParseSpoolName(path)
	if _, isID := callid.Time(id); !ok || !isID {
		return r.stray(ctx, folder, path, d)
	}
	if r.Tombstones.Erased(id) {
		r.remains(ctx, id, path)
		return nil
	}
	row, err := r.DB.Call(ctx, id)
	switch {
	case errors.Is(err, sqlite.ErrNotFound):
		return r.orphan(ctx, id, path, consent)
	case err != nil:
		return err
	}
	w, err := r.DB.WitnessOf(ctx, row.Call.UniqueID)
	if err != nil {
		return err
	}
	since := row.Call.StartedAt
	if l := latest(w); l.After(since) {
		since = l
	}
	if !r.over(id, row.Call.UniqueID, since, w) {
		return nil
	}
	f := Finding{CallID: id, UniqueID: row.Call.UniqueID, Path: path, At: row.Call.StartedAt}
	if row.Closing != nil && row.Closing.Voice != nil {
		f.Kind, f.Action = Leftover, "remove the spool copy, whose hash is archived"
		r.found(ctx, f, func(context.Context, *Finding) error { return r.Archive.Release(path, *row.Closing.Voice) })
		return nil
	}
	f.Kind, f.Action = Unclaimed, "archive the recording and complete the row"
	unheard(&f, "complete the row", unusable(path))
	r.found(ctx, f, func(ctx context.Context, f *Finding) error {
		return r.claim(ctx, f, row.Call, w, path, consent)
	})
	return nil
}

// orphan is a recording of ours that the ledger has no row for. Asterisk's log
// tells which channel it was: the ID is derived from it.
func (r *run) orphan(ctx context.Context, id, path string, consent petition.Consent) error {
	if r.told[id] {
		return nil // its row waits in the journal
	}
	w, err := witness.Of(ctx, r.DB, id)
	if err != nil {
		return err
	}
	if w.UniqueID == "" {
		return r.unknown(ctx, id, path, consent)
	}
	if !r.over(id, w.UniqueID, latest(w), w) {
		return nil
	}
	f := Finding{
		Kind: Orphan, CallID: id, UniqueID: w.UniqueID, Path: path, At: w.StartedAt,
		Action: "archive the recording and write row and signature, without a caller",
	}
	unheard(&f, "write the row", unusable(path))
	r.found(ctx, f, func(ctx context.Context, f *Finding) error {
		return r.claim(ctx, f, witnessedCall(w), w, path, consent)
	})
	return nil
}

// unknown is a recording of ours of which neither the ledger nor Asterisk's log
// knows anything. The voice wins over the row: it gets one, and is reviewed.
func (r *run) unknown(ctx context.Context, id, path string, consent petition.Consent) error {
	at, _ := callid.Time(id)
	if !r.over(id, "", at, petition.Witnessed{}) {
		return nil
	}
	if r.Tombstones.Known(samples(ctx, path)) {
		r.found(ctx, Finding{
			Kind: Erased, CallID: id, Path: path, At: at,
			Action: "nothing: nobody knows the call, and its samples are those of a recording that was erased; remove it by hand",
		}, nil)
		return nil
	}
	consent.Complete = false
	f := Finding{
		Kind: Orphan, CallID: id, Path: path, At: at,
		Action: "archive the recording and write row and signature, for review: nothing else is known of the call",
	}
	unheard(&f, "write the row", unusable(path))
	r.found(ctx, f, func(ctx context.Context, f *Finding) error {
		call := petition.Call{
			ID: id, UniqueID: "rebuilt-" + id, // nobody knows what Asterisk called it
			StartedAt: at, Caller: petition.Caller{Class: petition.ClassUnknown},
		}
		return r.claim(ctx, f, call, petition.Witnessed{}, path, consent)
	})
	return nil
}

// claim completes a call from its recording. What could not be known, such as
// who ended the call, is not made up.
func (r *run) claim(ctx context.Context, f *Finding, call petition.Call, w petition.Witnessed, path string, consent petition.Consent) error {
	closing := petition.Closing{
		CallID:     call.ID,
		Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonAbandoned},
		AnsweredAt: w.AnsweredAt,
		EndedAt:    w.EndedAt,
		Consent:    consent,
	}
	if call.Line == "" && w.UniqueID == "" {
		closing.Ending.Reason = petition.ReasonRebuilt // known from its recording alone
	}
	if closing.EndedAt.IsZero() {
		closing.EndedAt = r.Now().UTC()
	}
	voice, err := r.Archive.Keep(ctx, path, call.ID, call.StartedAt)
	switch {
	case err == nil:
		closing.Voice = &voice
		if status, _ := r.Thresholds.Or().Judge(consent, voice.Measure); status == petition.StatusBlank {
			closing.Ending.Result = petition.ResultSilent
		}
	case whyUnusable(err) != "":
		return r.setAside(ctx, f, call, w, closing, path, whyUnusable(err))
	default:
		return err
	}
	if _, err := ledger.Settle(ctx, r.DB, call, closing); err != nil {
		return err
	}
	if strings.HasPrefix(path, r.Root+string(filepath.Separator)) {
		return nil // it lies where it belongs
	}
	return r.Archive.Release(path, voice)
}
