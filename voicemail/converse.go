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
	if err := v.ch.Answer(ctx); err != nil {
		return v.cut(ctx, err, petition.ReasonBeforeAnswer, petition.ReasonAnswer)
	}
	v.closing.AnsweredAt = time.Now().UTC()
	v.step(StepAnswer, "")
	return v.greet(ctx)
}

// greet plays name, notice and beep, and goes on from there.
func (v *visit) greet(ctx context.Context) petition.Ending {
	set := v.Prompts.Set(v.line.Name)
	v.closing.Consent = petition.Consent{Notice: set.Version, Language: set.Language}
	v.step(StepNotice, set.Version)
	played, err := v.ch.Play(ctx, set.Name, set.Notice, set.Beep)
	return v.greeted(ctx, set, played >= 2, err)
}

// greeted goes on after the notice; complete says that it was heard to its end.
// Where that is not known it starts again.
func (v *visit) greeted(ctx context.Context, set prompts.Set, complete bool, err error) petition.Ending {
	v.closing.Consent.Complete = complete
	if !complete && errors.Is(err, ErrLost) {
		return v.greet(ctx)
	}
	if err := v.beep(ctx, set, err); err != nil {
		left := petition.ReasonDuringNotice
		if complete {
			left = petition.ReasonDuringBeep
		}
		return v.cut(ctx, err, left, petition.ReasonPrompt)
	}
	v.step(StepBeep, "")
	return v.record(ctx, set)
}

// beep sounds again where it was lost what became of the one that was to come:
// who has spoken after it was not recorded, and is told so by another one.
func (v *visit) beep(ctx context.Context, set prompts.Set, err error) error {
	for errors.Is(err, ErrLost) {
		_, err = v.ch.Play(ctx, set.Beep)
	}
	return err
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

// record records the message.
func (v *visit) record(ctx context.Context, set prompts.Set) petition.Ending {
	name := spoolName(v.call, v.closing.Consent)
	v.spooled = filepath.Join(v.Spool, name+".wav")
	req := v.recordRequest(name)
	v.step(StepRecord, name)
	v.recordedAt = time.Now()
	rec, err := v.ch.Record(ctx, req)
	return v.recorded(ctx, set, req, rec, err)
}

func (v *visit) recordRequest(name string) RecordRequest {
	return RecordRequest{
		Name:       name,
		MaxLength:  v.line.MaxMessage,
		MaxSilence: v.line.MaxSilence,
		EndKey:     v.line.EndKey,
		Audible:    audible(filepath.Join(v.Spool, name+".wav"), v.line.MaxSilence),
	}
}

// recorded goes on after a recording; a caller who said nothing is asked once
// more, and what is said then is added to the same recording.
func (v *visit) recorded(ctx context.Context, set prompts.Set, req RecordRequest, rec Recorded, err error) petition.Ending {
	if err != nil {
		left := petition.ReasonDuringBeep
		if req.Append {
			// The first recording exists, whatever became of the second.
			left = petition.ReasonCaller
		}
		return v.cut(ctx, err, left, petition.ReasonRecord)
	}
	if req.Append || !asksAgain(rec.End) || v.hasSpeech() {
		v.bye(ctx, rec.End)
		return petition.Ending{Result: petition.ResultMessage, Reason: reasonOf(rec.End)}
	}
	v.step(StepAgain, "")
	_, err = v.ch.Play(ctx, set.Again, set.Beep)
	return v.asked(ctx, set, req, err)
}

// asked goes on after the caller was asked once more.
func (v *visit) asked(ctx context.Context, set prompts.Set, req RecordRequest, err error) petition.Ending {
	if err := v.beep(ctx, set, err); err != nil {
		return v.cut(ctx, err, petition.ReasonCaller, petition.ReasonPrompt)
	}
	req.Append = true
	v.step(StepRecord, req.Name)
	rec, err := v.ch.Record(ctx, req)
	return v.recorded(ctx, set, req, rec, err)
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
	status, _ := petition.Judge(v.closing.Consent, wav.Measure(audio.Samples, audio.Rate))
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
