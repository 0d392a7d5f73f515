package ari_test

import (
	"net/http"
	"testing"
	"time"

	"glennline/ari"
	"glennline/ari/aritest"
	"glennline/voicemail"
)

// behindBeep is minute with a beep. The channel is told once it begins.
func behindBeep(name string) (voicemail.RecordRequest, <-chan struct{}) {
	begun := make(chan struct{}, 9)
	req := minute(name)
	req.Beep, req.Begun = "/p/beep", func() { begun <- struct{}{} }
	return req, begun
}

// waits asks for a recording and returns when its beep plays and it waits
// behind that.
func (r *rig) waits(ch *aritest.Channel, call served, req voicemail.RecordRequest) <-chan outcome[voicemail.Recorded] {
	r.Helper()
	recording := later(func() (voicemail.Recorded, error) { return call.Record(r.Context(), req) })
	r.server.Await("the recording behind the beep", func() bool { return ch.Waiting() == req.Name })
	if p := ch.Playing(); len(p) != 1 || p[0] != req.Beep {
		r.Fatalf("playing %q", p)
	}
	return recording
}

// Asterisk has the recording while the beep still plays: whatever happens to us
// then, who speaks after it is recorded.
func TestRecordBehindTheBeep(t *testing.T) {
	r := start(t)
	r.server.ItemLength = 300 * time.Millisecond
	ch, call := r.ring()
	req, begun := behindBeep("2026-11-22/x")
	recording := r.waits(ch, call, req)
	ch.Press("#") // ends nothing yet
	if len(begun) != 0 {
		t.Error("it began before the beep was over")
	}
	receive(t, "its beginning", begun)
	r.server.Await("the recording", func() bool { return ch.Recording() == req.Name })
	ch.Finish(0)
	// Nothing was written, and that at once: had the time of the beep or the key
	// before been counted, it would be something else.
	if got := receive(t, "the end", recording); got.err != nil || got.value.End != voicemail.RecordEndFailed {
		t.Errorf("%+v", got)
	}
	if len(begun) != 0 {
		t.Error("it began twice")
	}
}

func TestHangupDuringTheBeep(t *testing.T) {
	r := start(t)
	r.server.ItemLength = time.Hour
	ch, call := r.ring()
	req, begun := behindBeep("x")
	recording := r.waits(ch, call, req)
	ch.Hangup()
	wantErr(t, receive(t, "the end", recording).err, voicemail.ErrEnded)
	if len(begun) != 0 {
		t.Error("it began")
	}
	if s := r.client.Stats(); s.RecordErrors+s.Unrouted != 0 {
		t.Errorf("stats are %+v", s)
	}
}

// Without a beep nobody knows that they are recorded.
func TestBeepFails(t *testing.T) {
	for name, fail := range map[string]func(*aritest.Server){
		"missing": func(s *aritest.Server) { s.Missing("/p/beep") },
		"refused": func(s *aritest.Server) { s.Fail("/play/", 1, aritest.Fault{Status: http.StatusInternalServerError}) },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			fail(r.server)
			ch, call := r.ring()
			req, begun := behindBeep("x")
			_, err := call.Record(t.Context(), req)
			wantErr(t, err, voicemail.ErrBeep)
			if ch.Recording() != "" || len(begun) != 0 {
				t.Error("it is recorded")
			}
		})
	}
}

// What becomes of the beep is not known, but the recording follows it.
func TestSocketLostDuringTheBeep(t *testing.T) {
	r := start(t)
	r.server.ItemLength = 300 * time.Millisecond
	ch, call := r.ring()
	req, begun := behindBeep("x")
	recording := r.waits(ch, call, req)
	r.server.Lose("PlaybackFinished", 1)
	r.server.Await("its beginning", func() bool { return ch.Recording() != "" })
	r.server.Cut()
	receive(t, "its beginning to be known", begun)
	ch.Press("#")
	if got := receive(t, "the end", recording); got.err != nil || got.value.End != voicemail.RecordEndKey {
		t.Errorf("%+v", got)
	}
	if n := r.server.Requested("/play/"); n != 1 {
		t.Errorf("%d beeps were asked for", n)
	}
}

func TestRecordBehindTheBeepOverABadConnection(t *testing.T) {
	for name, fault := range map[string]aritest.Fault{
		"answered late":         {Wait: 200 * time.Millisecond},
		"never answered":        {Mute: true},
		"cut after the effect":  {Hang: true},
		"cut before the effect": {Status: 1, Hang: true},
		"busy":                  {Status: http.StatusServiceUnavailable},
	} {
		for _, request := range []string{"/play/", "/record"} {
			t.Run(request+" "+name, func(t *testing.T) {
				r := start(t, func(c *ari.Config) { c.RequestTimeout = 150 * time.Millisecond })
				r.server.Fail(request, 1, fault)
				ch, call := r.ring()
				req, begun := behindBeep("x")
				recording := later(func() (voicemail.Recorded, error) { return call.Record(t.Context(), req) })
				receive(t, "its beginning", begun)
				r.server.Await("the recording", func() bool { return ch.Recording() == "x" })
				ch.Press("#")
				if got := receive(t, "its end", recording); got.err != nil || got.value.End != voicemail.RecordEndKey {
					t.Errorf("record: %+v", got)
				}
			})
		}
	}
}

// A recording that a process which is gone left behind its beep is awaited,
// whether or not it was asked before what plays.
func TestRecordingGoesOnBehindTheBeep(t *testing.T) {
	for name, found := range map[string]bool{"the beep was found": true, "nobody asked": false} {
		t.Run(name, func(t *testing.T) {
			req, begun := behindBeep("2026-11-22/x")
			r, ch, call := adopt(t, func(ch *aritest.Channel) {
				ch.Play(ch.ID+".play2", req.Beep)
				ch.Record(req.Name)
			})
			if found {
				if playing := r.playing(call); playing == nil || playing.Media() != req.Beep {
					t.Fatalf("playing is %v", playing)
				}
			}
			waiting := later(func() (voicemail.Recorded, error) {
				rec, running, err := call.AwaitRecord(t.Context(), req, time.Now().Add(-time.Hour))
				if !running {
					t.Error("it was not found")
				}
				return rec, err
			})
			receive(t, "its beginning", begun)
			r.server.Await("the recording", func() bool { return ch.Recording() == req.Name })
			ch.Finish(0)
			// At once, and not after the hour.
			if got := receive(t, "its end", waiting); got.err != nil || got.value.End != voicemail.RecordEndFailed {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestHangupDuringAFoundBeep(t *testing.T) {
	req, begun := behindBeep("x")
	r, ch, call := adopt(t, func(ch *aritest.Channel) {
		ch.Play(ch.ID+".play2", req.Beep)
		ch.Record(req.Name)
	})
	waiting := later(func() (voicemail.Recorded, error) {
		rec, _, err := call.AwaitRecord(t.Context(), req, time.Now())
		return rec, err
	})
	r.server.Await("the question", ch.AskedFor)
	ch.Hangup()
	wantErr(t, receive(t, "the end", waiting).err, voicemail.ErrEnded)
	if len(begun) != 0 {
		t.Error("it began")
	}
}
