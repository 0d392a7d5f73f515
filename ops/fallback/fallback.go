// Package fallback brings in what the dialplan recorded by itself while
// glennline was away:
//
//	fallback/<line>~<version>~<language>~<UNIQUEID>.wav
//	fallback/<line>~<version>~<language>~<UNIQUEID>.call
//
// The second is a note, made before the answer. It holds the SIP Call-ID, the
// dialled number and, once the notice has played, the caller's, sealed, from
// which a pseudonym is made before it is removed. A note alone is a call that
// ended before it was recorded.
package fallback

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glennline/ops/ledger"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail/wav"
)

// Ledger is what is written to, and asked.
type Ledger interface {
	ledger.Database
	WitnessOf(ctx context.Context, uniqueID string) (petition.Witnessed, error)
	Call(ctx context.Context, id string) (sqlite.CallRow, error) // sqlite.ErrNotFound without a row
}

// Store is the archive.
type Store interface {
	Keep(ctx context.Context, path, id string, at time.Time) (petition.Voice, error)
	Release(path string, v petition.Voice) error
	Quarantine(path, reason string) (string, error)
}

// Keys are the secrets that are kept: a caller.Ring, or a caller.Secret alone.
type Keys interface {
	Unseal(sealed string) (number string, err error)
	Identify(number, presentation, region string) petition.Caller
}

// Ingester brings recordings in. All fields must be set, but for Erased, Booted and
// Thresholds; Secret too where it only looks (Waiting).
type Ingester struct {
	Ledger Ledger
	Store  Store
	Secret Keys
	Region func(line string) string // the country of a line's callers

	// Erased says whether a call was erased; nil for none.
	Erased func(callID string) bool
	// Booted is when the machine came up; zero if that is not known. What is older
	// and empty was perhaps emptied by a power cut.
	Booted time.Time
	// Thresholds say whether a voice is in a recording; those of the default if zero.
	Thresholds petition.Thresholds
}

// Recording is what a file's name says.
type Recording struct {
	Line, Version, Language, UniqueID string
}

// NoteSuffix is that of a note.
const NoteSuffix = ".call"

// ParseName reads the name of a fallback recording, or of its note.
func ParseName(path string) (Recording, bool) {
	base := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".wav"), NoteSuffix)
	parts := strings.Split(base, "~")
	if len(parts) != 4 || parts[0] == "" || parts[3] == "" {
		return Recording{}, false
	}
	return Recording{parts[0], parts[1], parts[2], parts[3]}, true
}

// Ingested is what became of a recording.
type Ingested struct {
	CallID string
	Aside  string // where it is in the quarantine, if that is where it went; else its note, if Unread
	Why    string // why it went there: empty, unreadable; "" if it did not
	Unread bool   // the note beside it could not be read, and went to the quarantine
}

// Ingest makes row and signature of a recording whose call is over, and then
// lets the recording and what lies beside it go. Done again, after a crash at
// any point, it does the rest. Path may also be a note without a recording.
func (in *Ingester) Ingest(ctx context.Context, path string) (done Ingested, err error) {
	name, ok := ParseName(path)
	if !ok {
		return done, fmt.Errorf("%s: not the name of a recording that the dialplan made: listen to it and move it away", path)
	}
	w, err := in.Ledger.WitnessOf(ctx, name.UniqueID)
	if err != nil {
		return done, err
	}
	note := noteOf(path)
	call, err := in.call(name, note, w, path)
	unread := errors.Is(err, errUnread)
	if err != nil && !unread {
		return done, err
	}
	done.CallID = call.ID
	if in.Erased != nil && in.Erased(call.ID) {
		return done, in.erased(ctx, call, w, path, note)
	}
	if path == note {
		return done, in.early(ctx, call, w, note)
	}
	vouched, err := in.vouched(ctx, call.ID, w, note)
	if err != nil {
		return done, err
	}
	closing := petition.Closing{
		CallID:     call.ID,
		Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonFallback},
		AnsweredAt: w.AnsweredAt,
		EndedAt:    w.EndedAt,
		Consent:    petition.Consent{Notice: name.Version, Language: name.Language, Complete: vouched},
	}
	if closing.AnsweredAt.IsZero() {
		closing.AnsweredAt = call.StartedAt
	}
	if closing.EndedAt.IsZero() {
		closing.EndedAt = modified(path)
	}
	voice, err := in.Store.Keep(ctx, path, call.ID, call.StartedAt)
	aside := ""
	switch {
	case err == nil:
		closing.Voice = &voice
		if status, _ := in.Thresholds.Or().Judge(closing.Consent, voice.Measure); status == petition.StatusBlank {
			closing.Ending.Result = petition.ResultSilent
		}
	case errors.Is(err, wav.ErrEmpty):
		aside = "empty"
		closing.Ending.Result = petition.ResultSilent
		if w.EndedAt.IsZero() { // it died with Asterisk or the machine, which had written nothing yet
			closing.Ending.Result = petition.ResultFailed
		}
	case errors.Is(err, wav.ErrNotWAV), errors.Is(err, wav.ErrFormat), errors.Is(err, wav.ErrTooLarge):
		aside = "unreadable"
		closing.Ending.Result = petition.ResultFailed
	default:
		return done, err
	}
	// One that was written before, by somebody who knew less of it, keeps its ending.
	if _, err := ledger.Settle(ctx, in.Ledger, call, closing); err != nil {
		return done, err
	}
	if aside != "" {
		done.Why = aside
		done.Aside, err = in.Store.Quarantine(path, aside)
	} else {
		err = in.Store.Release(path, voice)
	}
	if err != nil {
		return done, err
	}
	if unread {
		done.Unread = true
		kept, err := in.Store.Quarantine(note, "unread")
		if done.Aside == "" {
			done.Aside = kept
		}
		return done, err
	}
	return done, remove(note)
}

// errUnread says that a note has something to say that could not be read: it is
// cut, or sealed under a secret that is not here. It is kept, should that come
// back; the caller is unknown until then.
var errUnread = errors.New("the note beside the recording could not be read")

// Waiting are the calls below Asterisk's recording folder that were not brought
// in yet, whether they are over or not, as far as they are known.
func (in *Ingester) Waiting(ctx context.Context, spool string) ([]petition.Call, error) {
	paths, err := filepath.Glob(filepath.Join(spool, "fallback", "*~*~*~*"))
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	var calls []petition.Call
	for _, path := range paths {
		name, ok := ParseName(path)
		if !ok || seen[name.UniqueID] {
			continue
		}
		seen[name.UniqueID] = true
		w, err := in.Ledger.WitnessOf(ctx, name.UniqueID)
		if err != nil {
			return nil, err
		}
		call, err := in.call(name, noteOf(path), w, path)
		if err != nil && !errors.Is(err, errUnread) {
			return nil, err
		}
		calls = append(calls, call)
	}
	return calls, nil
}

// noteOf is the note beside a recording, or itself.
func noteOf(path string) string {
	return strings.TrimSuffix(strings.TrimSuffix(path, ".wav"), NoteSuffix) + NoteSuffix
}

func remove(note string) error {
	if err := os.Remove(note); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the sealed number stays in the spool: %w", err)
	}
	return nil
}

// call is the row of the call, from the file's name, from what lies beside it,
// and from Asterisk's log.
func (in *Ingester) call(name Recording, note string, w petition.Witnessed, path string) (petition.Call, error) {
	started := w.StartedAt
	if started.IsZero() {
		started = modified(path)
	}
	system := callid.System(name.UniqueID)
	call := petition.Call{
		ID:        callid.Derive(system, name.UniqueID, started),
		System:    system,
		UniqueID:  name.UniqueID,
		Line:      name.Line,
		StartedAt: started,
		Caller:    petition.Caller{Class: petition.ClassUnknown},
	}
	raw, err := os.ReadFile(note)
	if errors.Is(err, fs.ErrNotExist) {
		return call, nil // the voice wins over the row
	}
	if err != nil {
		return call, err
	}
	values, err := url.ParseQuery(strings.TrimSpace(string(raw)))
	if err != nil {
		return call, errUnread // a line that a full disk cut: the rest of the call is known
	}
	call.SIPCallID, call.Dialled = values.Get("sip_call_id"), values.Get("dialled")
	if in.Secret == nil {
		return call, nil
	}
	number := ""
	if sealed := values.Get("sealed"); sealed != "" {
		if number, err = in.Secret.Unseal(sealed); err != nil {
			return call, errUnread
		}
	}
	if !values.Has("presentation") {
		return call, nil // an empty note, as a full disk leaves it, says nothing of the caller
	}
	call.SIPCallID, call.Dialled = caller.Scrub(call.SIPCallID, number), caller.Scrub(call.Dialled, number)
	call.Caller = in.Secret.Identify(number, values.Get("presentation"), in.Region(name.Line))
	return call, nil
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Now().UTC()
	}
	return info.ModTime().UTC()
}
