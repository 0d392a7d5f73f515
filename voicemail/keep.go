package voicemail

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"go.uber.org/zap"

	"glennline/petition"
	"glennline/voicemail/wav"
)

// keep archives the recording, if there is one, and completes the ending from
// what is really on disk: Asterisk's word is no proof of a file.
func (v *visit) keep(ctx context.Context) {
	if v.spooled == "" {
		return
	}
	if v.unheralded {
		v.aside()
		return
	}
	voice, err := v.Store.Keep(ctx, v.spooled, v.call.ID, v.call.StartedAt)
	switch {
	case err == nil:
		v.settle(voice)
	case errors.Is(err, fs.ErrNotExist):
		v.noFile(v.log, err)
	case errors.Is(err, wav.ErrEmpty) && v.closing.Ending.Reason == petition.ReasonDuringBeep:
		// It waited behind the beep, and began on a channel that had ended.
		v.discard()
	case errors.Is(err, wav.ErrEmpty) && (v.closing.Ending.Reason == petition.ReasonPBX || v.closing.Ending.Reason == petition.ReasonRecord):
		v.closing.Ending.Result = petition.ResultFailed
		v.quarantine("empty")
	case errors.Is(err, wav.ErrEmpty):
		v.closing.Ending.Result = petition.ResultSilent
		// Who hangs up after more than one write of Asterisk's had sent nothing;
		// so does a trunk that gives up on a dead telephone.
		if v.closing.Ending.Reason != petition.ReasonCaller || !v.recordedAt.IsZero() && v.closing.EndedAt.Sub(v.recordedAt) > flushEvery {
			v.closing.Ending.Reason = petition.ReasonNoAudio
		}
		v.quarantine("empty")
	case errors.Is(err, wav.ErrFormat), errors.Is(err, wav.ErrNotWAV), errors.Is(err, wav.ErrTooLarge):
		v.log.Error("recording is no usable audio", zap.Error(err))
		v.closing.Ending = petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonRecord}
		v.quarantine("unreadable")
	default:
		v.log.Error("recording could not be archived; it stays in the spool", zap.Error(err))
		v.closing.Ending = petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonStore}
	}
}

// noFile is a recording that was begun and left nothing on disk: the caller
// hung up before the first frame, or Asterisk could not write.
func (v *visit) noFile(log *zap.Logger, err error) {
	v.spooled = ""
	switch {
	case v.closing.Ending.Result == petition.ResultHungUp, v.closing.Ending.Result == petition.ResultFailed:
	case v.closing.Ending.Reason == petition.ReasonPBX:
		v.closing.Ending.Result = petition.ResultFailed
	case v.closing.Ending.Reason == petition.ReasonCaller:
		v.closing.Ending = petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonDuringBeep}
	default:
		log.Error("asterisk left no recording", zap.Error(err))
		v.closing.Ending = petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonRecord}
	}
}

// settle completes how the conversation ended, once it is known whether there
// is a voice in the recording. Where a step failed after somebody had spoken,
// the voice counts and the reason stays.
func (v *visit) settle(voice petition.Voice) {
	v.closing.Voice = &voice
	v.closing.Ending.Result = petition.ResultMessage
	if status, _ := v.Thresholds.Or().Judge(v.closing.Consent, voice.Measure); status == petition.StatusBlank {
		v.closing.Ending.Result = petition.ResultSilent
	}
}

// aside takes what was recorded of a caller who heard no beep out of the way.
func (v *visit) aside() {
	switch err := v.Store.Discard(v.spooled); {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		v.spooled = ""
	default:
		v.quarantine("no beep")
	}
}

func (v *visit) discard() {
	if err := v.Store.Discard(v.spooled); err != nil {
		v.log.Warn("empty recording could not be removed; it stays in the spool", zap.Error(err))
		return
	}
	v.spooled = ""
}

func (v *visit) quarantine(reason string) {
	path, err := v.Store.Quarantine(v.spooled, reason)
	if err != nil {
		v.log.Error("recording could not be moved aside; it stays in the spool", zap.Error(err))
		return
	}
	v.spooled = ""
	v.log.Info("recording moved aside", zap.String(keyReason, reason), zap.String(keyPath, path))
}

// write brings the ending, and the call where the ledger has it not yet.
func (v *visit) write(ctx context.Context) (*petition.Signature, error) {
	if v.begun {
		return v.Ledger.End(ctx, v.closing)
	}
	return v.Ledger.Settle(ctx, v.call, v.closing)
}

// end writes the ending and, only then, lets the spool copy go.
func (v *visit) end(ctx context.Context) {
	sig, err := v.write(ctx)
	if err != nil {
		v.log.Error("ending could not be written; the recording stays in the spool", zap.Error(err))
		return
	}
	if v.closing.Voice != nil && v.spooled != "" {
		if err := v.Store.Release(v.spooled, *v.closing.Voice); err != nil {
			v.log.Warn("spool copy could not be removed", zap.Error(err))
		}
	}
	fields := []zap.Field{
		zap.String(keyLine, v.call.Line),
		zap.String(keyResult, string(v.closing.Ending.Result)),
		zap.String(keyReason, string(v.closing.Ending.Reason)),
		zap.String(keyCallerClass, string(v.call.Caller.Class)),
		zap.String(keySIPCallID, v.call.SIPCallID),
	}
	if !v.closing.AnsweredAt.IsZero() {
		fields = append(fields, zap.Duration(keyDuration, v.closing.EndedAt.Sub(v.closing.AnsweredAt).Round(time.Millisecond)))
	}
	if sig != nil {
		fields = append(fields, zap.String(keyStatus, string(sig.Status)),
			zap.String(keySeconds, fmt.Sprintf("%.1f", v.closing.Voice.Measure.Seconds)))
	}
	if v.closing.Ending.Reason == petition.ReasonUnknownNumber {
		fields = append(fields, zap.String(keyDialled, v.call.Dialled))
	}
	v.log.Info("call ended", fields...)
	if sig != nil {
		v.step(StepSignature, v.closing.Voice.Path)
	} else {
		v.step(StepEnd, v.closing.Ending.String())
	}
}
