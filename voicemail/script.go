// Package voicemail is one call as a script: answer, say the name and the
// notice, beep, record, hang up; and how it ended. It knows neither Asterisk
// nor SQL: the call comes in as a Channel, what is learned goes out to a
// Ledger, and the voice to a Store.
package voicemail

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/callid"
	"glennline/voicemail/prompts"
)

// Ledger is where calls and their endings are written. What it acknowledged is
// on disk.
type Ledger interface {
	// Begin writes the call before it is answered. The same call again is no error.
	Begin(ctx context.Context, call petition.Call) error
	// End writes how the call ended and, with a voice, its signature, which it
	// returns; nil without a voice.
	End(ctx context.Context, closing petition.Closing) (*petition.Signature, error)
	// Settle is Begin and End in one, for a call that was not begun.
	Settle(ctx context.Context, call petition.Call, closing petition.Closing) (*petition.Signature, error)
	// Leave says that somebody else is to end a call that was begun.
	Leave(callID string)
}

// Store keeps recordings.
type Store interface {
	// Keep archives the recording at path under the call's ID. The file at
	// path stays until Release.
	Keep(ctx context.Context, path, id string, at time.Time) (petition.Voice, error)
	// Release removes the file at path once v is safe in the archive and in
	// the ledger.
	Release(path string, v petition.Voice) error
	// Discard removes a file that holds no audio at all.
	Discard(path string) error
	// Quarantine moves a file that holds no usable audio aside.
	Quarantine(path, reason string) (string, error)
}

// Prompts gives the prompt set that is in force for a line.
type Prompts interface {
	Set(line string) prompts.Set
}

// Identify turns a caller's number, as signalled, into what may be kept of it.
type Identify func(number, presentation, region string) petition.Caller

// Script takes calls. All fields but Thresholds, Observe, Recordable and Past must
// be set.
type Script struct {
	Ledger   Ledger
	Store    Store
	Prompts  Prompts
	Lines    *Lines
	Identify Identify
	Spool    string // Asterisk's recording folder
	Log      *zap.Logger
	// Thresholds say whether a voice is in a recording; those of the default if zero.
	Thresholds petition.Thresholds
	Observe    func(Step) // told of each step as it happens; must not block
	// Recordable says whether Asterisk can write recordings now: it tells the same of
	// one that a full disk ended as of one that silence ended. nil is always true.
	Recordable func() bool
	// Past says what is on record of a call that is found again; may be nil.
	Past func(context.Context, petition.Call) Past

	serving sync.Map // call ID to nothing: the calls being served
}

// Serving says whether a call is being served: nobody else may complete it.
func (s *Script) Serving(callID string) bool {
	_, ok := s.serving.Load(callID)
	return ok
}

// Serve takes one call from its arrival to its last row. It returns when
// nothing is left to do for the call. A cancelled context abandons the call
// where it is: its row stays open, its recording in the spool, for reconcile. So
// does one that Asterisk took back; then the closing has no ending.
func (s *Script) Serve(ctx context.Context, ch Channel, a Arrival) petition.Closing {
	return s.take(ctx, ch, a, false, func(ctx context.Context, v *visit) petition.Ending { return v.converse(ctx) })
}

// talk is what the caller of a line of ours hears.
type talk func(context.Context, *visit) petition.Ending

func (s *Script) take(ctx context.Context, ch Channel, a Arrival, adopting bool, talk talk) petition.Closing {
	found := s.Lines.Find(a.Trunk, a.Dialled)
	line, dialled, known := found.Line, found.Number, found.Known
	call := petition.Call{
		ID:        callid.Derive(a.System, a.UniqueID, a.At),
		System:    a.System,
		UniqueID:  a.UniqueID,
		SIPCallID: caller.Scrub(a.SIPCallID, a.CallerNumber),
		Line:      line.Name,
		Dialled:   caller.Scrub(dialled, a.CallerNumber),
		StartedAt: a.At.UTC(),
	}
	switch {
	case known && a.Test:
		call.Caller.Class = petition.ClassTest
	case known:
		call.Caller = s.Identify(a.CallerNumber, a.Presentation, line.Region)
	default:
		// Whoever dialled a number that is not ours signs nothing: no pseudonym is kept.
		call.Caller.Class = petition.ClassUnknown
	}
	s.serving.Store(call.ID, nil)
	defer s.serving.Delete(call.ID)
	v := &visit{Script: s, ch: ch, call: call, line: line, found: a.Found, adopting: adopting, log: s.Log.With(zap.String(keyCall, call.ID))}
	return v.run(ctx, known, talk)
}

// visit is one call on its way through the script.
type visit struct {
	*Script
	ch          Channel
	call        petition.Call
	line        Line
	log         *zap.Logger
	closing     petition.Closing
	found       bool      // it was found, see Arrival
	adopting    bool      // it was answered by a process that is gone
	claimed     time.Time // until when
	unsure      bool      // nothing runs, and until we claim it Asterisk may be about to take it back
	claimedLate time.Time // when it was claimed before its answer, after the time for that
	over        bool      // its ending is written already
	begun       bool      // the ledger has its row
	recordedAt  time.Time // when the recording began
	unheralded  bool      // it began although its beep had failed
	spooled     string    // path of the recording in the spool, "" before there is one
}

// leave completes the ending with how the channel left us.
func (v *visit) leave() {
	fate := v.ch.Fate()
	v.closing.EndedAt = time.Now().UTC()
	if !fate.At.IsZero() { // it may have taken us long to hear of it
		v.closing.EndedAt = later(v.closing.AnsweredAt, fate.At.UTC())
	}
	switch {
	case fate.TakenBack, v.unsure && !fate.Vanished && v.closing.Ending.Result == petition.ResultHungUp,
		time.Since(v.claimedLate) < time.Second && v.closing.Ending.Reason == petition.ReasonBeforeAnswer:
		// What became of the call is not ours to tell.
		v.over, v.closing.Ending = true, petition.Ending{}
		v.Ledger.Leave(v.call.ID)
		v.log.Warn("call taken back by asterisk, which answers by itself: it was not looked after in time")
	case fate.Vanished:
		// Asterisk died under it, or it ended while we had lost the socket. That
		// is not the caller's doing, as far as anybody knows.
		v.closing.Ending.Reason = petition.ReasonPBX
		if v.closing.Ending.Result == petition.ResultHungUp {
			v.closing.Ending.Result = petition.ResultFailed
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (v *visit) run(ctx context.Context, known bool, talk talk) petition.Closing {
	v.step(StepRing, v.call.Dialled)
	v.closing.CallID = v.call.ID
	if known {
		v.closing.Ending = v.serve(ctx, talk)
	} else {
		v.closing.Ending = petition.Ending{Result: petition.ResultRefused, Reason: petition.ReasonUnknownNumber}
		v.hangup(ctx, HangupUnallocated)
	}
	if ctx.Err() != nil {
		v.log.Warn("call abandoned: glennline was told to end at once")
		return v.closing
	}
	v.leave()
	if v.over {
		return v.closing
	}
	v.keep(ctx)
	v.end(ctx)
	return v.closing
}

// serve writes the call's row and talks to the caller.
func (v *visit) serve(ctx context.Context, talk talk) petition.Ending {
	err := v.enter(ctx)
	if errors.Is(err, errTakenBack) {
		return petition.Ending{}
	}
	if v.begun = err == nil; !v.begun {
		// The voice wins over the row: the caller is served all the same,
		// and the ending brings the row.
		v.log.Error("call could not be written before its answer", zap.Error(err))
	}
	return talk(ctx, v)
}
