package voicemail_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/petition"
	"glennline/petition/callid"
	"glennline/voicemail"
	"glennline/voicemail/prompts"
	"glennline/voicemail/wav"
)

// leftChannel is a channel that another process left, and what still runs.
type leftChannel struct {
	channel
	playing    string // medium; "" for nothing
	playResult played
	askErr     error // of asking what plays
	running    *recorded
	recordErr  error // of asking what records
	asked      voicemail.RecordRequest
	began      time.Time
}

func (c *leftChannel) Playing(context.Context) (voicemail.Playback, error) {
	if c.askErr != nil || c.playing == "" {
		return nil, c.askErr
	}
	return c, nil
}

func (c *leftChannel) Media() string { return c.playing }

func (c *leftChannel) Await(_ context.Context, rest ...string) (int, error) {
	var names []string
	for _, m := range rest {
		names = append(names, filepath.Base(m))
	}
	c.steps = append(c.steps, "await "+strings.Join(names, "+"))
	if c.playResult.err == nil {
		return len(rest), nil
	}
	return c.playResult.finished, c.playResult.err
}

func (c *leftChannel) AwaitRecord(_ context.Context, req voicemail.RecordRequest, began time.Time) (voicemail.Recorded, bool, error) {
	c.steps = append(c.steps, "await record")
	c.asked, c.began = req, began
	if c.recordErr != nil || c.running == nil {
		return voicemail.Recorded{}, false, c.recordErr
	}
	if req.Begun != nil && c.running.beep == nil {
		req.Begun()
	}
	return voicemail.Recorded{End: c.running.end}, true, errors.Join(c.write(req, *c.running), c.running.beep, c.running.err)
}

const (
	current = "0123456789ab"
	former  = "ba9876543210"
)

// cachedPrompts lie in the folder of their version.
type cachedPrompts struct{}

func (cachedPrompts) Set(string) prompts.Set {
	dir := "/p/" + current
	return prompts.Set{
		Version: current, Language: "fr",
		Name: dir + "/name", Notice: dir + "/notice", Beep: dir + "/beep", Again: dir + "/again",
	}
}

func TestAdopt(t *testing.T) {
	said := voice(t)
	message := map[int]recorded{0: {samples: said, end: voicemail.RecordEndHangup}}
	anew := []string{"play name+notice", "beep+record"}
	for name, tt := range map[string]struct {
		ch      leftChannel
		spooled []int16 // what lies in the spool; nil for nothing
		version string  // of the notice in its name
		ending  string
		notice  string // version in the evidence
		consent bool
		voice   bool
		steps   []string
	}{
		"nothing runs": {
			ch:     leftChannel{channel: channel{record: message}},
			ending: "message/caller", notice: current, consent: true, voice: true, steps: append([]string{"await record"}, anew...),
		},
		"nothing runs but a recording that began just now": {
			ch:     leftChannel{running: &recorded{samples: said, end: voicemail.RecordEndHangup}},
			ending: "message/caller", notice: current, consent: true, voice: true, steps: []string{"await record"},
		},
		"the name plays": {
			ch:     leftChannel{channel: channel{record: message}, playing: "/p/" + current + "/name"},
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: []string{"await name+notice", "beep+record"},
		},
		"the notice plays": {
			ch:     leftChannel{channel: channel{record: message}, playing: "/p/" + current + "/notice"},
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: []string{"await notice", "beep+record"},
		},
		"the notice of a former set plays": {
			ch:     leftChannel{channel: channel{record: message}, playing: "/p/" + former + "/notice"},
			ending: "message/caller", notice: former, consent: true, voice: true,
			steps: []string{"await notice", "beep+record"},
		},
		"the beep plays and the recording waits behind it": {
			ch: leftChannel{
				playing: "/p/" + former + "/beep",
				running: &recorded{samples: said, end: voicemail.RecordEndHangup},
			},
			ending: "message/caller", notice: former, consent: true, voice: true, steps: []string{"await record"},
		},
		"the beep plays and no recording was asked for": {
			ch:     leftChannel{channel: channel{record: message}, playing: "/p/" + current + "/beep"},
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: []string{"await record", "await beep", "record"},
		},
		"the beep is lost and no recording was asked for": {
			ch: leftChannel{
				channel: channel{record: message}, playing: "/p/" + current + "/beep",
				playResult: played{0, voicemail.ErrLost},
			},
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: []string{"await record", "await beep", "record"},
		},
		"hang-up during the beep": {
			ch: leftChannel{
				playing: "/p/" + current + "/beep",
				running: &recorded{raw: header(0), beep: voicemail.ErrEnded},
			},
			ending: "hung_up/during_beep", notice: current, consent: true, steps: []string{"await record"},
		},
		"hang-up during the beep and no recording was asked for": {
			ch:     leftChannel{playing: "/p/" + current + "/beep", playResult: played{0, voicemail.ErrEnded}},
			ending: "hung_up/during_beep", notice: current, consent: true, steps: []string{"await record", "await beep"},
		},
		"the notice is lost": {
			ch: leftChannel{
				channel: channel{record: message}, playing: "/p/" + current + "/name",
				playResult: played{1, voicemail.ErrLost},
			},
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: append([]string{"await name+notice"}, anew...),
		},
		"hang-up during the notice": {
			ch:     leftChannel{playing: "/p/" + current + "/notice", playResult: played{0, voicemail.ErrEnded}},
			ending: "hung_up/during_notice", notice: current, steps: []string{"await notice"},
		},
		"hang-up before it is known what plays": {
			ch:     leftChannel{askErr: voicemail.ErrEnded},
			ending: "hung_up/during_notice",
		},
		"the recording goes on until the caller hangs up": {
			ch:      leftChannel{running: &recorded{end: voicemail.RecordEndHangup}},
			spooled: said, version: current,
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: []string{"await record"},
		},
		"the recording goes on until silence": {
			ch:      leftChannel{running: &recorded{end: voicemail.RecordEndSilence}},
			spooled: said, version: former,
			ending: "message/silence", notice: former, consent: true, voice: true,
			steps: []string{"await record", "hangup normal"},
		},
		"the recording goes on and nothing is said": {
			ch:      leftChannel{channel: channel{record: message}, running: &recorded{end: voicemail.RecordEndSilence}},
			spooled: quiet, version: former,
			ending: "message/caller", notice: former, consent: true, voice: true,
			steps: []string{"await record", "play again", "beep+append"},
		},
		"hang-up before it is known whether it records": {
			ch:      leftChannel{recordErr: voicemail.ErrEnded},
			spooled: said, version: current,
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: []string{"await record"},
		},
		"the recording ended unseen": {
			spooled: said, version: current,
			ending: "message/abandoned", notice: current, consent: true, voice: true,
			steps: []string{"await record", "hangup normal"},
		},
		"the recording ended unseen and nothing was said": {
			ch:      leftChannel{channel: channel{record: message}},
			spooled: quiet, version: current,
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: []string{"await record", "play again", "beep+append"},
		},
		"asked once more": {
			ch:      leftChannel{channel: channel{record: message}, playing: "/p/" + former + "/again"},
			spooled: quiet, version: former,
			ending: "message/caller", notice: former, consent: true, voice: true,
			steps: []string{"await record", "await again", "beep+append"},
		},
		"the beep after asking": {
			ch:      leftChannel{channel: channel{record: message}, playing: "/p/" + current + "/beep"},
			spooled: quiet, version: current,
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: []string{"await record", "await beep", "append"},
		},
		"the question is lost": {
			ch: leftChannel{
				channel: channel{record: message}, playing: "/p/" + current + "/again",
				playResult: played{0, voicemail.ErrLost},
			},
			spooled: quiet, version: current,
			ending: "message/caller", notice: current, consent: true, voice: true,
			steps: []string{"await record", "await again", "beep+append"},
		},
		"hang-up while asked once more": {
			ch: leftChannel{
				playing:    "/p/" + current + "/again",
				playResult: played{0, voicemail.ErrEnded},
			},
			spooled: quiet, version: current,
			ending: "silent/caller", notice: current, consent: true, voice: true,
			steps: []string{"await record", "await again"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, books, _ := newScript(t, &tt.ch.channel)
			s.Prompts = cachedPrompts{}
			a := arrival("+3225550100")
			answered := a.At.Add(time.Second)
			s.Past = func(context.Context, petition.Call) voicemail.Past { return voicemail.Past{AnsweredAt: answered} }
			if tt.spooled != nil {
				spool(t, s, a, tt.version, tt.spooled)
			}
			got := s.Adopt(t.Context(), &tt.ch, a)
			if got.Ending.String() != tt.ending || !got.AnsweredAt.Equal(answered) {
				t.Errorf("ended %s, answered %s; want %s, %s", got.Ending, got.AnsweredAt, tt.ending, answered)
			}
			if got.Consent.Notice != tt.notice || got.Consent.Complete != tt.consent || (got.Voice != nil) != tt.voice {
				t.Errorf("consent %+v, voice %v; want %s, %v, %v", got.Consent, got.Voice != nil, tt.notice, tt.consent, tt.voice)
			}
			if !slices.Equal(tt.ch.steps, tt.steps) {
				t.Errorf("steps %q, want %q", tt.ch.steps, tt.steps)
			}
			if len(books.begun) != 1 || len(books.closings) != 1 {
				t.Errorf("begun %d, ended %d times, want once", len(books.begun), len(books.closings))
			}
			if left := files(t, s.Spool); len(left) > 0 {
				t.Errorf("left in the spool: %q", left)
			}
		})
	}
}

// A call on which nothing runs was claimed by the process that is gone, nobody knows until
// when: where it ends before we have claimed it, the dialplan may have taken it back and
// be asking for the message. It is not ours to say that the caller hung up.
func TestAdoptACallThatIsTakenBack(t *testing.T) {
	for name, ch := range map[string]*leftChannel{
		"before it is claimed":                      {channel: channel{claim: map[int]error{0: voicemail.ErrEnded}}},
		"before it is known whether a recording is": {recordErr: voicemail.ErrEnded},
	} {
		t.Run(name, func(t *testing.T) {
			ch.left = time.Now()
			s, books, _ := newScript(t, &ch.channel)
			s.Prompts = cachedPrompts{}
			got := s.Adopt(t.Context(), ch, arrival("+3225550100"))
			if got.Ending != (petition.Ending{}) || len(books.closings)+len(books.settled) != 0 {
				t.Errorf("ended %s, %d times", got.Ending, len(books.closings)+len(books.settled))
			}
			if !slices.Equal(books.left, []string{got.CallID}) {
				t.Errorf("left to others: %q", books.left)
			}
		})
	}
	// Once it is claimed, who leaves has hung up.
	ch := &leftChannel{channel: channel{play: map[int]played{0: {1, voicemail.ErrEnded}}}}
	s, books, _ := newScript(t, &ch.channel)
	s.Prompts = cachedPrompts{}
	if got := s.Adopt(t.Context(), ch, arrival("+3225550100")); got.Ending.String() != "hung_up/during_notice" || len(books.closings) != 1 {
		t.Errorf("ended %s, %d times", got.Ending, len(books.closings))
	}
}

// What is asked for is what was begun: the name, and when.
func TestAdoptAsksForTheRecording(t *testing.T) {
	ch := &leftChannel{running: &recorded{end: voicemail.RecordEndHangup}}
	s, _, _ := newScript(t, &ch.channel)
	a := arrival("+3225550100")
	path := spool(t, s, a, former, make([]int16, 3*8000))
	written := time.Now().Add(-time.Second)
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
	s.Adopt(t.Context(), ch, a)
	name, err := filepath.Rel(s.Spool, strings.TrimSuffix(path, ".wav"))
	if err != nil {
		t.Fatal(err)
	}
	want := voicemail.RecordRequest{Name: name, MaxLength: time.Minute, MaxSilence: 2 * time.Second, EndKey: "#"}
	if ch.asked.Audible == nil || !ch.asked.Audible(time.Time{}) {
		t.Error("a recording that was just found counts as one into which no audio comes")
	}
	ch.asked.Audible, ch.asked.Renew, ch.asked.Begun = nil, nil, nil
	if !reflect.DeepEqual(ch.asked, want) {
		t.Errorf("asked for %+v, want %+v", ch.asked, want)
	}
	if began := written.Add(-3 * time.Second); ch.began.Sub(began).Abs() > time.Millisecond {
		t.Errorf("began at %s, want %s", ch.began, began)
	}
}

// A call that was ended and is still there only has to be hung up.
func TestAdoptAnEndedCall(t *testing.T) {
	ch := &leftChannel{}
	s, books, _ := newScript(t, &ch.channel)
	s.Past = func(context.Context, petition.Call) voicemail.Past { return voicemail.Past{Ended: true} }
	s.Adopt(t.Context(), ch, arrival("+3225550100"))
	if !slices.Equal(ch.steps, []string{"hangup normal"}) || len(books.closings)+len(books.settled) != 0 {
		t.Errorf("steps %q, %d endings", ch.steps, len(books.closings)+len(books.settled))
	}
}

// A call that has rung before does not ring from the start again.
func TestFoundCallRingsOn(t *testing.T) {
	ch := &channel{record: map[int]recorded{0: {end: voicemail.RecordEndHangup}}}
	s, _, _ := newScript(t, ch)
	lines := voicemail.NewLines([]voicemail.Source{voicemail.SourceRequest}, "BE", same)
	if err := lines.Add(voicemail.Line{Name: "main", RingFor: time.Hour, MaxMessage: time.Minute}, true); err != nil {
		t.Fatal(err)
	}
	s.Lines = lines
	a := arrival("x")
	a.Found, a.At = true, time.Now().Add(-time.Hour)
	s.Serve(t.Context(), ch, a)
	if len(ch.steps) == 0 || ch.steps[0] != "answer" {
		t.Errorf("steps %q", ch.steps)
	}
}

// A step whose end was lost with the socket is no failure: the call goes on
// from what is known.
func TestScriptGoesOnAfterALostStep(t *testing.T) {
	said := voice(t)
	silent := map[int]recorded{0: {samples: quiet, end: voicemail.RecordEndSilence}, 1: {samples: said, end: voicemail.RecordEndHangup}}
	for name, tt := range map[string]struct {
		ch     channel
		ending string
		steps  []string
	}{
		"the notice": {
			ch: channel{
				play:   map[int]played{0: {1, voicemail.ErrLost}, 1: {0, voicemail.ErrLost}},
				record: map[int]recorded{0: {samples: said, end: voicemail.RecordEndHangup}},
			},
			ending: "message/caller",
			steps:  []string{"answer", "play name+notice", "play name+notice", "play name+notice", "beep+record"},
		},
		"the question": {
			ch:     channel{play: map[int]played{1: {0, voicemail.ErrLost}}, record: silent},
			ending: "message/caller",
			steps:  []string{"answer", "play name+notice", "beep+record", "play again", "beep+append"},
		},
		"the end of the message": {
			ch:     channel{record: map[int]recorded{0: {samples: said, end: voicemail.RecordEndUnknown}}},
			ending: "message/abandoned",
			steps:  []string{"answer", "play name+notice", "beep+record", "hangup normal"},
		},
		"the end of a silence": {
			ch: channel{record: map[int]recorded{
				0: {samples: quiet, end: voicemail.RecordEndUnknown},
				1: {samples: said, end: voicemail.RecordEndHangup},
			}},
			ending: "message/caller",
			steps:  []string{"answer", "play name+notice", "beep+record", "play again", "beep+append"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, _ := newScript(t, &tt.ch)
			got := s.Serve(t.Context(), &tt.ch, arrival("+3225550100"))
			if got.Ending.String() != tt.ending || !got.Consent.Complete {
				t.Errorf("ended %s, consent %v; want %s", got.Ending, got.Consent.Complete, tt.ending)
			}
			if !slices.Equal(tt.ch.steps, tt.steps) {
				t.Errorf("steps %q, want %q", tt.ch.steps, tt.steps)
			}
		})
	}
}

// spool writes a recording as the process that is gone had named it.
func spool(t *testing.T, s *voicemail.Script, a voicemail.Arrival, version string, samples []int16) string {
	t.Helper()
	id := callid.Derive(a.System, a.UniqueID, a.At)
	path := filepath.Join(s.Spool, a.At.UTC().Format("2006-01-02"), id+"~"+version+"~fr.wav")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(wav.Write(f, 8000, samples), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}
