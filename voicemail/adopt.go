package voicemail

import (
	"context"
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
	return s.take(ctx, ch, a, func(ctx context.Context, v *visit) petition.Ending { return v.resume(ctx, ch) })
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
		v.adopted("nothing runs")
		return v.greet(ctx)
	}
	return v.resumeGreet(ctx, playing, set.Of(playing.Media()))
}

// resumeGreet waits for name, notice and beep. That the notice was heard to its
// end is known if it still plays, or is still to come. During the beep it is
// not: Asterisk passes over a file that it cannot open, and does not tell.
func (v *visit) resumeGreet(ctx context.Context, playing Playback, set prompts.Set) petition.Ending {
	v.closing.Consent = petition.Consent{Notice: set.Version, Language: set.Language}
	v.adopted("prompts play")
	v.step(StepNotice, set.Version)
	rest := []string{set.Beep}
	notice := 0 // finished media from which on the notice is one of them
	switch playing.Media() {
	case set.Name:
		rest, notice = []string{set.Name, set.Notice, set.Beep}, 2
	case set.Notice:
		rest, notice = []string{set.Notice, set.Beep}, 1
	}
	finished, err := playing.Await(ctx, rest...)
	if notice == 0 && err == nil {
		return v.greet(ctx)
	}
	return v.greeted(ctx, set, notice > 0 && finished >= notice, err)
}

// resumeRecord goes on with a call whose recording was begun, and whose notice
// was heard therefore.
func (v *visit) resumeRecord(ctx context.Context, ch Left, set prompts.Set, file spooled) petition.Ending {
	v.spooled, v.closing.Consent = file.path, file.consent
	if set.Version != file.consent.Notice {
		set = set.Former(file.consent.Notice)
	}
	req := v.recordRequest(file.name)
	v.step(StepRecord, req.Name)
	rec, running, err := ch.AwaitRecord(ctx, req, file.began())
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
	rest := []string{set.Again, set.Beep}
	if playing.Media() != set.Again {
		rest = rest[1:]
	}
	_, err = playing.Await(ctx, rest...)
	return v.asked(ctx, set, req, err)
}

func (v *visit) adopted(found string) {
	v.log.Info("call adopted from a process that is gone", zap.String(keyFound, found))
}

// spooled is a recording of the call that lies in the spool.
type spooled struct {
	path    string
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
			found, ok = spooled{path: file, name: name, consent: consent, info: info}, true
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
