package voicemail

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"glennline/petition"
	"glennline/voicemail/prompts"
	"glennline/voicemail/wav"
)

// converse is what the caller hears.
func (v *visit) converse(ctx context.Context) petition.Ending {
	if !v.ring(ctx) {
		return petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonBeforeAnswer}
	}
	at := time.Now().UTC()
	if err := v.ch.Answer(ctx); err != nil {
		return v.cut(ctx, err, petition.ReasonBeforeAnswer, petition.ReasonAnswer)
	}
	v.closing.AnsweredAt = at
	v.step(StepAnswer, "")
	return v.greet(ctx)
}

// greet plays name and notice, and goes on from there.
func (v *visit) greet(ctx context.Context) petition.Ending {
	set := v.Prompts.Set(v.line.Name)
	v.closing.Consent = petition.Consent{Notice: set.Version, Language: set.Language}
	switch err := v.claim(ctx, length(set)); {
	case err == nil:
		v.unsure = false
	case errors.Is(err, ErrEnded), ctx.Err() != nil:
		return v.cut(ctx, err, petition.ReasonDuringNotice, petition.ReasonPrompt)
	default: // better that Asterisk answers anew than that it hangs up
		v.unclaimed(err)
	}
	v.step(StepNotice, set.Version)
	_, err := v.ch.Play(ctx, set.Name, set.Notice)
	return v.greeted(ctx, set, err)
}

// greeted goes on after the notice. Only who heard it to its end hears the beep:
// it is a step of its own, so that none sounds with nobody there to record.
// Where it is not known what became of the notice it starts again.
func (v *visit) greeted(ctx context.Context, set prompts.Set, err error) petition.Ending {
	switch {
	case errors.Is(err, ErrLost):
		return v.greet(ctx)
	case err != nil:
		return v.cut(ctx, err, petition.ReasonDuringNotice, petition.ReasonPrompt)
	}
	v.closing.Consent.Complete = true
	return v.record(ctx, set, set.Beep)
}

// ring lets the caller hear ringing for as long as the line says, and is false
// if the caller left meanwhile. A call that was found has rung before.
func (v *visit) ring(ctx context.Context) bool {
	left := v.line.RingFor
	if v.found {
		left = min(left, left-time.Since(v.call.StartedAt))
	}
	if left <= 0 {
		return true
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-v.ch.Ended():
	case <-ctx.Done():
	}
	return false
}

// record records the message behind the beep, or at once where that has been
// heard. From here on the call is ours to its end: a message is not to be cut,
// and Asterisk has what it needs to record it without us.
func (v *visit) record(ctx context.Context, set prompts.Set, beep string) petition.Ending {
	heard := time.Now()
	if err := v.ch.Claim(ctx, 0); err != nil {
		left := petition.ReasonDuringBeep
		if at := v.ch.Fate().At; !at.IsZero() && heard.Sub(at) > late {
			left = petition.ReasonAbandoned
		}
		return v.cut(ctx, err, left, petition.ReasonRecord)
	}
	req := v.recordRequest(spoolName(v.call, v.closing.Consent))
	req.Beep = beep
	rec, err := v.ch.Record(ctx, req)
	return v.recorded(ctx, set, req, rec, err)
}

// late is how much later we may hear of the notice's end than the caller. Who
// hung up before we did was kept waiting for the beep by us.
const late = time.Second

// recordRequest is for the call's recording of that name, which counts as one
// as soon as the beep before it is over.
func (v *visit) recordRequest(name string) RecordRequest {
	v.spooled = filepath.Join(v.Spool, name+".wav")
	file := watch(v.spooled, v.line.MaxSilence)
	return RecordRequest{
		Name:       name,
		Begun:      func() { v.begin(name) },
		MaxLength:  v.line.MaxMessage,
		MaxSilence: v.line.MaxSilence,
		EndKey:     v.line.EndKey,
		Audible:    file.audible,
		Renew:      file.stale,
	}
}

func (v *visit) begin(name string) {
	if v.recordedAt.IsZero() {
		v.recordedAt = time.Now()
		v.step(StepBeep, "")
	}
	v.step(StepRecord, name)
}

// recorded goes on after a recording; a caller who said nothing is asked once
// more, and what is said then is added to the same recording.
func (v *visit) recorded(ctx context.Context, set prompts.Set, req RecordRequest, rec Recorded, err error) petition.Ending {
	if err != nil {
		left, failed := petition.ReasonDuringBeep, petition.ReasonRecord
		if req.Append {
			// The first recording exists, whatever became of the second.
			left = petition.ReasonCaller
		}
		switch {
		case errors.Is(err, ErrBeep):
			failed = petition.ReasonPrompt
			v.unheralded = !req.Append
		case !errors.Is(err, ErrEnded) && ctx.Err() == nil:
			v.sorry(ctx, set)
		}
		return v.cut(ctx, err, left, failed)
	}
	if asksAgain(rec.End) && rec.End != RecordEndKey && v.Recordable != nil && !v.Recordable() {
		rec.End = RecordEndFailed
	}
	if rec.End == RecordEndFailed {
		v.log.Error("the recording ended because it could not be written")
		v.sorry(ctx, set)
	}
	if req.Append || !asksAgain(rec.End) || v.hasSpeech() {
		v.bye(ctx, rec.End)
		return petition.Ending{Result: petition.ResultMessage, Reason: reasonOf(rec.End)}
	}
	v.step(StepAgain, "")
	_, err = v.ch.Play(ctx, set.Again)
	return v.asked(ctx, set, req, err)
}

// asked goes on after the caller was asked once more. Where it is not known
// whether they heard it, the beep alone asks.
func (v *visit) asked(ctx context.Context, set prompts.Set, req RecordRequest, err error) petition.Ending {
	if err != nil && !errors.Is(err, ErrLost) {
		return v.cut(ctx, err, petition.ReasonCaller, petition.ReasonPrompt)
	}
	req.Append, req.Beep = true, set.Beep
	rec, err := v.ch.Record(ctx, req)
	return v.recorded(ctx, set, req, rec, err)
}

// sorry asks a caller whose message could not be recorded, or not to its end, to
// call again. Nothing is made of it where that cannot be played either.
func (v *visit) sorry(ctx context.Context, set prompts.Set) {
	if _, err := v.ch.Play(ctx, set.Busy); err != nil && !errors.Is(err, ErrEnded) {
		v.log.Warn("who could not be recorded could not be told so", zap.Error(err))
	}
}

// bye ends the call after the message, unless the caller has.
func (v *visit) bye(ctx context.Context, end RecordEnd) {
	if end == RecordEndHangup {
		v.step(StepHangup, "")
		return
	}
	v.hangup(ctx, HangupNormal)
}

// asksAgain says after which ends a silent caller is, or may be, still there to
// be asked.
func asksAgain(end RecordEnd) bool {
	return end == RecordEndSilence || end == RecordEndNoAudio || end == RecordEndKey || end == RecordEndUnknown
}

// hasSpeech is true in doubt: somebody who spoke is never asked to repeat it.
func (v *visit) hasSpeech() bool {
	audio, err := wav.Read(v.spooled)
	if err != nil {
		return !errors.Is(err, wav.ErrEmpty)
	}
	status, _ := v.Thresholds.Or().Judge(v.closing.Consent, wav.Measure(audio.Samples, audio.Rate))
	return status == petition.StatusCounted
}

func reasonOf(end RecordEnd) petition.Reason {
	switch end {
	case RecordEndHangup:
		return petition.ReasonCaller
	case RecordEndSilence:
		return petition.ReasonSilence
	case RecordEndKey:
		return petition.ReasonKey
	case RecordEndLength:
		return petition.ReasonLength
	case RecordEndNoAudio:
		return petition.ReasonNoAudio
	case RecordEndFailed:
		return petition.ReasonRecord
	case RecordEndUnknown:
		return petition.ReasonAbandoned
	}
	return petition.ReasonRecord
}

// cut is the ending of a call whose step did not succeed: the caller left, or
// the step failed, in which case the call is ended here.
func (v *visit) cut(ctx context.Context, err error, left, failed petition.Reason) petition.Ending {
	if errors.Is(err, ErrEnded) {
		return petition.Ending{Result: petition.ResultHungUp, Reason: left}
	}
	if ctx.Err() != nil {
		return petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonStopped}
	}
	v.log.Error("a step of the call failed", zap.String(keyReason, string(failed)), zap.Error(err))
	v.hangup(ctx, HangupCongestion)
	return petition.Ending{Result: petition.ResultFailed, Reason: failed}
}

func (v *visit) hangup(ctx context.Context, cause HangupCause) {
	if err := v.ch.Hangup(ctx, cause); err != nil && !errors.Is(err, ErrEnded) {
		v.log.Warn("hang-up failed", zap.Error(err))
	}
	v.step(StepHangup, string(v.closing.Ending.Reason))
}
