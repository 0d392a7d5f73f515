package voicemail

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"glennline/petition"
	"glennline/voicemail/prompts"
)

// Past is what is on record of a call that is found again.
type Past struct {
	Ended      bool      // its ending is written
	AnsweredAt time.Time // zero if not known
}

// Adopt takes a call on that was answered by a process which is gone, from
// where it is to its last row. What runs goes on: a recording is finished
// properly, prompts that play are awaited. Where it is not known whether the
// notice was heard to its end, it starts again. Otherwise it is like Serve.
func (s *Script) Adopt(ctx context.Context, ch Left, a Arrival) petition.Closing {
	return s.take(ctx, ch, a, true, func(ctx context.Context, v *visit) petition.Ending { return v.resume(ctx, ch) })
}

// resume is what the caller hears from here on.
func (v *visit) resume(ctx context.Context, ch Left) petition.Ending {
	var past Past
	if v.Past != nil {
		past = v.Past(ctx, v.call)
	}
	if past.Ended { // only its hang-up failed
		v.over = true
		v.hangup(ctx, HangupNormal)
		return petition.Ending{}
	}
	v.closing.AnsweredAt = past.AnsweredAt
	if past.AnsweredAt.IsZero() { // it was, and hardly at another moment
		v.closing.AnsweredAt = v.call.StartedAt.Add(v.line.RingFor)
	}
	set := v.Prompts.Set(v.line.Name)
	if file, ok := v.findSpooled(); ok {
		return v.resumeRecord(ctx, ch, set, file)
	}
	playing, err := ch.Playing(ctx)
	switch {
	case err != nil:
		return v.cut(ctx, err, petition.ReasonDuringNotice, petition.ReasonPrompt)
	case playing == nil:
		return v.resumeNothing(ctx, ch, set)
	}
	set = set.Of(playing.Media())
	v.closing.Consent = petition.Consent{Notice: set.Version, Language: set.Language}
	if playing.Media() == set.Beep {
		return v.resumeBeep(ctx, ch, set, playing)
	}
	v.adopted("prompts play")
	v.step(StepNotice, set.Version)
	rest := []string{set.Name, set.Notice}
	if playing.Media() != set.Name {
		rest = rest[1:]
	}
	_, err = playing.Await(ctx, rest...)
	return v.greeted(ctx, set, err)
}

// resumeNothing goes on with a call on which nothing plays and that has no
// recording yet. Unless one began this very moment, it is not known whether the
// notice was heard to its end.
func (v *visit) resumeNothing(ctx context.Context, ch Left, set prompts.Set) petition.Ending {
	consent := petition.Consent{Notice: set.Version, Language: set.Language, Complete: true}
	req := v.recordRequest(spoolName(v.call, consent))
	rec, running, err := ch.AwaitRecord(ctx, req, time.Now())
	if running {
		v.closing.Consent = consent
		v.adopted("recording went on")
		return v.recorded(ctx, set, req, rec, err)
	}
	v.spooled = ""
	v.unsure = true
	if err != nil {
		return v.cut(ctx, err, petition.ReasonDuringNotice, petition.ReasonPrompt)
	}
	v.adopted("nothing runs")
	return v.greet(ctx)
}

// resumeBeep goes on with a call whose beep plays: its notice was heard to its
// end therefore. The recording waits behind it, or was not asked for any more.
func (v *visit) resumeBeep(ctx context.Context, ch Left, set prompts.Set, playing Playback) petition.Ending {
	v.closing.Consent.Complete = true
	v.adopted("the beep plays")
	req := v.recordRequest(spoolName(v.call, v.closing.Consent))
	rec, running, err := ch.AwaitRecord(ctx, req, time.Now())
	if running || err != nil {
		return v.recorded(ctx, set, req, rec, err)
	}
	if _, err := playing.Await(ctx, set.Beep); err != nil && !errors.Is(err, ErrLost) {
		return v.cut(ctx, err, petition.ReasonDuringBeep, petition.ReasonPrompt)
	}
	return v.record(ctx, set, "")
}

// resumeRecord goes on with a call whose recording was begun, and whose notice
// was heard therefore.
func (v *visit) resumeRecord(ctx context.Context, ch Left, set prompts.Set, file spooled) petition.Ending {
	v.closing.Consent = file.consent
	if set.Version != file.consent.Notice {
		set = set.Former(file.consent.Notice)
	}
	req := v.recordRequest(file.name)
	v.recordedAt = file.began()
	rec, running, err := ch.AwaitRecord(ctx, req, v.recordedAt)
	if err != nil {
		return v.cut(ctx, err, petition.ReasonCaller, petition.ReasonRecord)
	}
	if running {
		v.adopted("recording went on")
		return v.recorded(ctx, set, req, rec, nil)
	}
	// It ended unseen. Either the caller is being asked once more, or it is
	// still to be seen whether they have to be.
	playing, err := ch.Playing(ctx)
	switch {
	case err != nil:
		return v.cut(ctx, err, petition.ReasonCaller, petition.ReasonPrompt)
	case playing == nil:
		v.adopted("recording is over")
		return v.recorded(ctx, set, req, Recorded{End: RecordEndUnknown}, nil)
	}
	v.adopted("asked once more")
	v.step(StepAgain, "")
	_, err = playing.Await(ctx, playing.Media())
	if playing.Media() == set.Beep {
		set.Beep = "" // it is heard, and what waited behind it was there to be found
	}
	return v.asked(ctx, set, req, err)
}

func (v *visit) adopted(found string) {
	v.log.Info("call adopted from a process that is gone", zap.String(keyFound, found))
}

// spooled is a recording of the call that lies in the spool.
type spooled struct {
	name    string // below the spool, without extension
	consent petition.Consent
	info    os.FileInfo
}

// findSpooled finds the call's recording by its name, which says what the
// caller had heard.
func (v *visit) findSpooled() (found spooled, ok bool) {
	day := v.call.StartedAt.Format(spoolDay)
	paths, err := filepath.Glob(filepath.Join(v.Spool, day, v.call.ID+"~*.wav"))
	if err != nil {
		return found, false // the pattern is bad: never
	}
	for _, file := range paths {
		id, consent, named := ParseSpoolName(filepath.Base(file))
		info, err := os.Stat(file)
		if !named || id != v.call.ID || err != nil {
			continue
		}
		// There is one. Were there more, the last one is where it goes on.
		if !ok || info.ModTime().After(found.info.ModTime()) {
			name := path.Join(day, consentName(v.call, consent))
			found, ok = spooled{name: name, consent: consent, info: info}, true
		}
	}
	return found, ok
}

// header and second are the bytes of a WAV's header and of a second of audio.
const (
	header = 44
	second = 16000
)

// began is when the recording began: as long before the file was last written
// to as what it then held lasts.
func (s spooled) began() time.Time {
	audio := max(0, s.info.Size()-header)
	return s.info.ModTime().Add(-time.Duration(audio) * time.Second / second)
}
