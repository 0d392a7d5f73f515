package ari_test

import (
	"net/http"
	"testing"
	"time"

	"glennline/ari"
	"glennline/ari/aritest"
	"glennline/voicemail"
)

// record begins a recording and waits until Asterisk records.
func (r *rig) record(ch *aritest.Channel, call served, req voicemail.RecordRequest) <-chan outcome[voicemail.Recorded] {
	r.Helper()
	recording := later(func() (voicemail.Recorded, error) { return call.Record(r.Context(), req) })
	r.server.Await("the recording", func() bool { return ch.Recording() == req.Name })
	return recording
}

// A hang-up ends the recording, whose file is there: it is no error.
func TestHangupWhileRecording(t *testing.T) {
	for name, twist := range map[string]func(*aritest.Server){
		"in order":       func(*aritest.Server) {},
		"the other way":  func(s *aritest.Server) { s.Swap("RecordingFinished") },
		"finished lost":  func(s *aritest.Server) { s.Lose("RecordingFinished", 1) },
		"finished twice": func(s *aritest.Server) { s.Double("RecordingFinished", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			ch, call := r.ring()
			recording := r.record(ch, call, minute("2026-11-22/x-1"))
			twist(r.server)
			ch.Hangup()
			got := receive(t, "the end", recording)
			if got.err != nil || got.value.End != voicemail.RecordEndHangup {
				t.Errorf("%+v", got)
			}
		})
	}
}

// The file is only closed when RecordingFinished is sent, which may come after
// StasisEnd.
func TestRecordWaitsForTheFile(t *testing.T) {
	r := start(t, func(c *ari.Config) { c.Grace = 10 * time.Second })
	r.server.Speech = 5 * time.Second
	ch, call := r.ring()
	recording := r.record(ch, call, minute("x"))
	r.server.Hold("RecordingFinished")
	ch.Hangup()
	receive(t, "the end of the call", call.Ended())
	r.server.Release()
	got := receive(t, "the end of the recording", recording)
	if got.err != nil || got.value.End != voicemail.RecordEndHangup || got.value.Duration != r.server.Speech {
		t.Errorf("%+v", got)
	}
}

func TestRecordAsksForWhatIsWanted(t *testing.T) {
	r := start(t)
	ch, call := r.ring()
	recording := r.record(ch, call, voicemail.RecordRequest{Name: "a/b c-1", MaxLength: 45 * time.Second, MaxSilence: 4 * time.Second})
	if length, silence := ch.Limits(); length != 45 || silence != 4 {
		t.Errorf("limits are %d and %d", length, silence)
	}
	ch.Press("#") // is no ending key here
	if ch.Recording() == "" {
		t.Fatal("a key ended it")
	}
	ch.FailRecording()
	if got := receive(t, "the end", recording); got.err != nil || got.value.End != voicemail.RecordEndFailed {
		t.Errorf("%+v", got)
	}
}

func TestNothingWritten(t *testing.T) {
	r := start(t)
	ch, call := r.ring()
	recording := r.record(ch, call, minute("x"))
	ch.Finish(0) // as if the disk was full: done, at once, no audio
	if got := receive(t, "the end", recording); got.err != nil || got.value.End != voicemail.RecordEndFailed {
		t.Errorf("%+v", got)
	}
}

func TestRecordingExists(t *testing.T) {
	r := start(t)
	ch, call := r.ring()
	recording := r.record(ch, call, minute("x"))
	ch.Finish(0)
	receive(t, "the end", recording)
	_, err := call.Record(t.Context(), minute("x"))
	wantErr(t, err, ari.ErrRecordingExists)
}

// Asterisk reports the length of the whole file.
func TestAppend(t *testing.T) {
	r := start(t)
	ch, call := r.ring()
	recording := r.record(ch, call, minute("x"))
	ch.Finish(5 * time.Second)
	receive(t, "the end", recording)

	more := minute("x")
	more.Append = true
	recording = r.record(ch, call, more)
	if !ch.Appending() {
		t.Fatal("it does not append")
	}
	ch.Finish(8 * time.Second)
	if got := receive(t, "the end", recording); got.err != nil || got.value.Duration != 3*time.Second {
		t.Errorf("%+v", got)
	}
}

// A recording into which nothing comes is stopped and begun anew behind what it
// has, and ends like any other.
func TestRecordingIsBegunAnew(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(*aritest.Server)
		after func(*aritest.Channel)
		end   voicemail.RecordEnd
	}{
		"then a key":             {func(*aritest.Server) {}, func(ch *aritest.Channel) { ch.Press("#") }, voicemail.RecordEndKey},
		"then a hang-up":         {func(*aritest.Server) {}, (*aritest.Channel).Hangup, voicemail.RecordEndHangup},
		"its stop is not told":   {func(s *aritest.Server) { s.Lose("RecordingFinished", 1) }, func(ch *aritest.Channel) { ch.Press("#") }, voicemail.RecordEndKey},
		"its stop is told twice": {func(s *aritest.Server) { s.Double("RecordingFinished", 1) }, func(ch *aritest.Channel) { ch.Press("#") }, voicemail.RecordEndKey},
		"after a refusal that ends": {func(s *aritest.Server) {
			s.Fail("ifExists=append", 1, aritest.Fault{Status: http.StatusInternalServerError})
		}, func(ch *aritest.Channel) { ch.Press("#") }, voicemail.RecordEndKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			ch, call := r.ring()
			stale := make(chan bool, 1)
			req := minute("x")
			req.Audible, req.Renew = func(time.Time) bool { return true }, func(time.Time) bool {
				select {
				case <-stale:
					return true
				default:
					return false
				}
			}
			recording := r.record(ch, call, req)
			c.fault(r.server)
			stale <- true
			r.server.Await("the recording to be begun anew", func() bool { return ch.Recording() == "x" && ch.Appending() })
			if length, _ := ch.Limits(); length < 50 || length > 60 {
				t.Errorf("it may take %d s, want what is left of a minute", length)
			}
			c.after(ch)
			if got := receive(t, "the end", recording); got.err != nil || got.value.End != c.end {
				t.Errorf("%+v, want %s", got, c.end)
			}
		})
	}
}

// What Asterisk did not write while it stood still says nothing of the caller: whoever asks
// whether audio still comes is told since when it has run.
func TestStandstillInARecording(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *ari.Config) { c.SilenceLimit = time.Minute })
	ch, call := r.ring()
	told := make(chan time.Time)
	req := minute("x")
	req.Audible = func(since time.Time) bool {
		select {
		case told <- since:
		case <-t.Context().Done():
		}
		return true
	}
	recording := r.record(ch, call, req)
	frozen := time.Now()
	for receive(t, "a look without a standstill", told).After(frozen) {
	}
	r.server.FreezeAll()
	for !receive(t, "a look during the standstill", told).After(frozen) {
	}
	thawed := time.Now()
	r.server.Thaw()
	ended := thawed
	for since := receive(t, "a look after the standstill", told); since != ended; since = receive(t, "its end to be known", told) {
		ended = since
	}
	if !ended.After(thawed) {
		t.Errorf("the standstill ended at %s, want after %s", ended, thawed)
	}
	ch.Press("#")
	if got := receive(t, "the end", recording); got.err != nil || got.value.End != voicemail.RecordEndKey {
		t.Errorf("%+v", got)
	}
}

// The recording took effect, its answer and its end were both lost.
func TestRecordingHasComeAndGone(t *testing.T) {
	r := start(t, func(c *ari.Config) { c.RequestTimeout = 100 * time.Millisecond })
	ch, call := r.ring()
	r.server.Fail("/record", 1, aritest.Fault{Mute: true})
	r.server.Fail("GET /recordings", 1, aritest.Fault{Status: http.StatusNotFound})
	r.server.Lose("RecordingFinished", 1)
	r.server.OnRecord = func(ch *aritest.Channel, _ string) { ch.Finish(5 * time.Second) }
	got, err := call.Record(t.Context(), minute("x"))
	if err != nil || got.End != voicemail.RecordEndUnknown {
		t.Errorf("%+v, %v", got, err)
	}
	if ch.Recording() != "" {
		t.Error("it was recorded again")
	}
}

func TestSocketLostWhileRecording(t *testing.T) {
	t.Run("goes on", func(t *testing.T) {
		r := start(t)
		ch, call := r.ring()
		recording := r.record(ch, call, minute("2026-11-22/x-1"))
		r.server.Cut()
		r.server.Await("the client to look after it", func() bool {
			return r.server.Requested("GET /recordings/live/2026-11-22%2Fx-1") == 1
		})
		ch.Press("#")
		if got := receive(t, "the end", recording); got.err != nil || got.value.End != voicemail.RecordEndKey {
			t.Errorf("%+v", got)
		}
	})
	t.Run("over meanwhile", func(t *testing.T) {
		r := start(t)
		ch, call := r.ring()
		recording := r.record(ch, call, minute("x"))
		r.server.Fail("GET /events", 1, aritest.Fault{Wait: 100 * time.Millisecond})
		r.server.Cut()
		ch.Finish(3 * time.Second)
		if got := receive(t, "the end", recording); got.err != nil || got.value.End != voicemail.RecordEndUnknown {
			t.Errorf("%+v", got)
		}
	})
	t.Run("hung up meanwhile", func(t *testing.T) {
		r := start(t)
		ch, call := r.ring()
		recording := r.record(ch, call, minute("x"))
		r.server.Fail("GET /events", 1, aritest.Fault{Wait: 100 * time.Millisecond})
		r.server.Cut()
		ch.Hangup()
		if got := receive(t, "the end", recording); got.err != nil || got.value.End != voicemail.RecordEndHangup {
			t.Errorf("%+v", got)
		}
	})
}

// Asterisk counts seconds of a clock that can be set: it may forget to stop.
func TestRecordingIsStopped(t *testing.T) {
	r := start(t, func(c *ari.Config) { c.RecordMargin = time.Millisecond })
	ch, call := r.ring()
	second := voicemail.RecordRequest{Name: "x", MaxLength: time.Second}
	if got := receive(t, "the end", r.record(ch, call, second)); got.err != nil || got.value.End != voicemail.RecordEndLength {
		t.Errorf("%+v", got)
	}
	if r.server.Requested("/recordings/live/x/stop") != 1 || ch.Recording() != "" {
		t.Error("it was not stopped")
	}
}

func TestRecordRefusesWhatAsteriskWouldMisread(t *testing.T) {
	r := start(t)
	_, call := r.ring()
	for name, req := range map[string]voicemail.RecordRequest{
		"no name":         {MaxLength: time.Second},
		"no limit":        {Name: "x"},
		"half a second":   {Name: "x", MaxLength: 1500 * time.Millisecond},
		"silence too":     {Name: "x", MaxLength: time.Second, MaxSilence: time.Millisecond},
		"negative":        {Name: "x", MaxLength: time.Second, MaxSilence: -time.Second},
		"key that is not": {Name: "x", MaxLength: time.Second, EndKey: "5"},
	} {
		if _, err := call.Record(t.Context(), req); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if r.server.Requested("/record") != 0 {
		t.Error("a request was made")
	}
}
