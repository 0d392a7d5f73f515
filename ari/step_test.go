package ari_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"glennline/ari"
	"glennline/ari/aritest"
	"glennline/voicemail"
)

// minute asks for a recording of at most one minute.
func minute(name string) voicemail.RecordRequest {
	return voicemail.RecordRequest{Name: name, MaxLength: time.Minute, MaxSilence: 3 * time.Second, EndKey: "#"}
}

func TestWholeCall(t *testing.T) {
	r := start(t)
	r.server.OnRecord = func(ch *aritest.Channel, _ string) { ch.Press("#") }
	ch, call := r.ring()
	if err := call.Answer(t.Context()); err != nil || !ch.Answered() {
		t.Fatalf("answer: %v", err)
	}
	if n, err := call.Play(t.Context(), "/p/name", "/p/notice"); err != nil || n != 2 {
		t.Fatalf("play: %d, %v", n, err)
	}
	if n, err := call.Play(t.Context()); err != nil || n != 0 {
		t.Fatalf("play nothing: %d, %v", n, err)
	}
	req, _ := behindBeep("2026-11-22/01A-1")
	recorded, err := call.Record(t.Context(), req)
	if err != nil || recorded.End != voicemail.RecordEndKey {
		t.Fatalf("record: %+v, %v", recorded, err)
	}
	if err := call.Hangup(t.Context(), voicemail.HangupNormal); err != nil {
		t.Fatalf("hang up: %v", err)
	}
	receive(t, "the end", call.Ended())
	if cause, gone := ch.Gone(); !gone || cause != "normal" {
		t.Errorf("gone %v, cause %q", gone, cause)
	}
	if err := call.Hangup(t.Context(), voicemail.HangupNormal); err != nil {
		t.Errorf("hang up again: %v", err)
	}
	if n := r.server.Requested("/channels/"); n != 5 {
		t.Errorf("a call took %d requests: %v", n, r.server.Requests())
	}
	if stats := r.client.Stats(); stats.Unrouted != 0 || stats.Undecodable != 0 || stats.Vanished != 0 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestHangupCauses(t *testing.T) {
	for cause, want := range map[voicemail.HangupCause]string{
		voicemail.HangupNormal: "normal", voicemail.HangupUnallocated: "unallocated",
		voicemail.HangupCongestion: "congestion", "another": "normal",
	} {
		r := start(t)
		ch, call := r.ring()
		if err := call.Hangup(t.Context(), cause); err != nil {
			t.Fatal(err)
		}
		if got, _ := ch.Gone(); got != want {
			t.Errorf("%s became %q", cause, got)
		}
	}
}

// Whatever step a call is in, its end ends it, and the next ones at once.
func TestEndOfTheChannelEndsEveryStep(t *testing.T) {
	ends := map[string]func(*rig, *aritest.Channel){
		"caller hangs up": func(_ *rig, ch *aritest.Channel) { ch.Hangup() },
		"vanished while the socket was down": func(r *rig, ch *aritest.Channel) {
			r.server.Cut()
			ch.Vanish()
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			ch, call := r.ring()
			playing := later(func() (int, error) { return call.Play(t.Context(), "/a", "/b") })
			r.server.Await("the second medium", func() bool { return r.client.Stats().Events >= 2 })
			end(r, ch)
			got := receive(t, "the end of the playback", playing)
			wantErr(t, got.err, voicemail.ErrEnded)
			if got.value != 1 {
				t.Errorf("%d heard to the end, want 1", got.value)
			}
			wantErr(t, call.Answer(t.Context()), voicemail.ErrEnded)
			_, err := call.Record(t.Context(), minute("x"))
			wantErr(t, err, voicemail.ErrEnded)
			if errs := r.client.Stats(); errs.PlayErrors+errs.AnswerErrors+errs.RecordErrors != 0 {
				t.Errorf("hang-ups are counted as errors: %+v", errs)
			}
		})
	}
}

// The channel goes before its StasisEnd is here: Asterisk's answer is not the
// caller's fault, and no error.
func TestStepOnAChannelThatIsGone(t *testing.T) {
	steps := map[string]func(context.Context, served) error{
		"answer": func(ctx context.Context, c served) error { return c.Answer(ctx) },
		"play":   func(ctx context.Context, c served) error { _, err := c.Play(ctx, "/a"); return err },
		"record": func(ctx context.Context, c served) error { _, err := c.Record(ctx, minute("x")); return err },
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			ch, call := r.ring()
			ch.Vanish() // StasisEnd is lost altogether
			wantErr(t, step(t.Context(), call), voicemail.ErrEnded)
			receive(t, "the end", call.Ended())
			if err := call.Hangup(t.Context(), voicemail.HangupNormal); err != nil {
				t.Errorf("hang up: %v", err)
			}
		})
	}
}

// A hang-up that overtakes a step inside Asterisk makes it fail somehow, and
// StasisEnd is still to come.
func TestHangupOvertakesAStep(t *testing.T) {
	r := start(t, func(c *ari.Config) { c.Grace = 5 * time.Second })
	ch, call := r.ring()
	r.server.Fail("/answer", 1, aritest.Fault{Status: http.StatusInternalServerError})
	answering := later(func() (int, error) { return 0, call.Answer(t.Context()) })
	r.server.Await("the request", func() bool { return r.server.Requested("/answer") == 1 })
	ch.Hangup()
	wantErr(t, receive(t, "the end", answering).err, voicemail.ErrEnded)
	if s := r.client.Stats(); s.AnswerErrors != 0 || s.Vanished != 0 {
		t.Errorf("stats are %+v", s)
	}
}

func TestContextEndsAStep(t *testing.T) {
	r := start(t)
	_, call := r.ring()
	ctx, cancel := context.WithCancel(t.Context())
	recording := later(func() (voicemail.Recorded, error) { return call.Record(ctx, minute("x")) })
	r.server.Await("the recording", func() bool { return r.server.Requested("/record") == 1 })
	cancel()
	wantErr(t, receive(t, "the step's end", recording).err, context.Canceled)
	wantErr(t, call.Answer(ctx), context.Canceled)
	if n := r.server.Requested("/answer"); n != 0 {
		t.Error("a request was made with a context that had ended")
	}
}

func TestRefusals(t *testing.T) {
	r := start(t)
	_, call := r.ring()
	r.server.Fail("/answer", 1, aritest.Fault{Status: http.StatusInternalServerError})
	err := call.Answer(t.Context())
	var refused *ari.StatusError
	if !errors.As(err, &refused) || refused.Code != 500 || refused.Method != "POST" ||
		refused.Path != "/channels/"+call.ID()+"/answer" || refused.Body != `{"message":"made to fail"}` {
		t.Errorf("error is %+v, %v", refused, err)
	}
	r.server.Fail("/play/", 1, aritest.Fault{Status: http.StatusPreconditionFailed})
	if _, err := call.Play(t.Context(), "/a"); !errors.As(err, &refused) || refused.Code != 412 {
		t.Errorf("error is %v", err)
	}
	r.server.Fail("/record", 1, aritest.Fault{Status: http.StatusUnprocessableEntity})
	if _, err := call.Record(t.Context(), minute("a")); !errors.As(err, &refused) || refused.Code != 422 {
		t.Errorf("error is %v", err)
	}
	r.server.Fail("DELETE /channels", 1, aritest.Fault{Status: http.StatusInternalServerError})
	if err := call.Hangup(t.Context(), voicemail.HangupNormal); !errors.As(err, &refused) || refused.Code != 500 {
		t.Errorf("error is %v", err)
	}
	if s := r.client.Stats(); s.AnswerErrors != 1 || s.PlayErrors != 1 || s.RecordErrors != 1 || s.HangupErrors != 1 {
		t.Errorf("stats are %+v", s)
	}
	select {
	case <-call.Ended():
		t.Error("a refusal ended the call")
	default:
	}
}

// A request whose answer is lost may have taken effect. Each step comes to the
// right end all the same, and nothing happens twice.
func TestStepsOverABadConnection(t *testing.T) {
	quick := func(c *ari.Config) { c.RequestTimeout = 150 * time.Millisecond }
	faults := map[string]struct {
		aritest.Fault
		plays int // requests to play: a second one would be heard if the first was
	}{
		"answered late":          {aritest.Fault{Wait: 200 * time.Millisecond}, 1},
		"never answered":         {aritest.Fault{Mute: true}, 1},
		"cut after the effect":   {aritest.Fault{Hang: true}, 1},
		"cut before the effect":  {aritest.Fault{Status: 1, Hang: true}, 2},
		"busy":                   {aritest.Fault{Status: http.StatusServiceUnavailable}, 2},
		"slow, but not too slow": {aritest.Fault{Wait: 50 * time.Millisecond}, 1},
	}
	for name, fault := range faults {
		t.Run("answer "+name, func(t *testing.T) {
			r := start(t, quick)
			ch, call := r.ring()
			r.server.Fail("/answer", 1, fault.Fault)
			if err := call.Answer(t.Context()); err != nil || !ch.Answered() {
				t.Errorf("answer: %v", err)
			}
		})
		t.Run("play "+name, func(t *testing.T) {
			r := start(t, quick)
			_, call := r.ring()
			r.server.Fail("/play/", 1, fault.Fault)
			if n, err := call.Play(t.Context(), "/a", "/b"); err != nil || n != 2 {
				t.Errorf("play: %d, %v", n, err)
			}
			if n := r.server.Requested("/play/"); n != fault.plays {
				t.Errorf("%d requests to play, want %d", n, fault.plays)
			}
		})
		t.Run("record "+name, func(t *testing.T) {
			r := start(t, quick)
			ch, call := r.ring()
			r.server.Fail("/record", 1, fault.Fault)
			recording := later(func() (voicemail.Recorded, error) { return call.Record(t.Context(), minute("x")) })
			r.server.Await("the recording", func() bool { return ch.Recording() == "x" })
			ch.Press("#")
			if got := receive(t, "its end", recording); got.err != nil || got.value.End != voicemail.RecordEndKey {
				t.Errorf("record: %+v", got)
			}
		})
		t.Run("hangup "+name, func(t *testing.T) {
			r := start(t, quick)
			_, call := r.ring()
			r.server.Fail("DELETE /channels", 1, fault.Fault)
			if err := call.Hangup(t.Context(), voicemail.HangupNormal); err != nil {
				t.Errorf("hang up: %v", err)
			}
			receive(t, "the end", call.Ended())
		})
	}
}
