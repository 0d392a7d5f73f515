package softphone

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestFarEndHangsUp(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), HangupAt: Never})
	invite := f.answer()
	f.bye(invite, `Reason: SIP;cause=200`, `Reason: Q.850;cause=16`)
	f.expect("SIP/2.0 200")
	if r := wait(t, done); r.err != nil || r.Ended != EndedCallee || r.Cause != 16 {
		t.Errorf("got %v, ended %s, cause %d", r.err, r.Ended, r.Cause)
	}
}

// A far end that answers and hangs up in one breath: the BYE may overtake the
// ACK. It must be answered with 200 and not with 481.
func TestFarEndHangsUpBeforeTheACK(t *testing.T) {
	for range 20 {
		f := newFarEnd(t)
		done := place(t, t.Context(), Script{To: f.uri(), HangupAt: Never})
		invite := f.expect("INVITE")
		f.respond(invite, "200 OK", f.sdp("8"), f.contact())
		f.bye(invite)
		if res := f.expect("SIP/2.0"); !strings.HasPrefix(res.start, "SIP/2.0 200") {
			t.Fatalf("BYE was answered with %s", res.start)
		}
		if r := wait(t, done); r.err != nil || r.Ended != EndedCallee {
			t.Fatalf("got %v, ended %s", r.err, r.Ended)
		}
	}
}

func TestCancel(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), CancelAfter: time.Nanosecond})
	invite := f.expect("INVITE")
	f.respond(invite, "180 Ringing", "")
	cancel := f.expect("CANCEL")
	if cancel.header("Via") != invite.header("Via") {
		t.Errorf("CANCEL has Via %q, INVITE %q", cancel.header("Via"), invite.header("Via"))
	}
	f.respond(cancel, "200 OK", "")
	f.respond(invite, "487 Request Terminated", "")
	f.expect("ACK")
	if r := wait(t, done); r.err != nil || r.Ended != EndedCancelled || r.Status != 487 {
		t.Errorf("got %v, ended %s with %d", r.err, r.Ended, r.Status)
	}
}

// The answer crosses the CANCEL on the way. Whoever answered must not be left
// with an open call.
func TestCancelTooLate(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), CancelAfter: time.Nanosecond})
	invite := f.expect("INVITE")
	f.respond(invite, "180 Ringing", "")
	cancel := f.expect("CANCEL")
	f.respond(cancel, "200 OK", "")
	f.respond(invite, "200 OK", f.sdp("8"), f.contact())
	f.expect("ACK")
	f.takeBye()
	if r := wait(t, done); r.err != nil || r.Ended != EndedCancelled || r.Status != 200 {
		t.Errorf("got %v, ended %s with %d", r.err, r.Ended, r.Status)
	}
}

func TestNotAnsweredInTime(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), AnswerWithin: time.Second})
	invite := f.expect("INVITE")
	f.respond(invite, "180 Ringing", "")
	f.respond(f.expect("CANCEL"), "200 OK", "")
	f.respond(invite, "487 Request Terminated", "")
	if r := wait(t, done); r.err != nil || r.Ended != EndedTimeout {
		t.Errorf("got %v, ended %s", r.err, r.Ended)
	}
}

func TestContextEndsTheCall(t *testing.T) {
	t.Run("ringing", func(t *testing.T) {
		f := newFarEnd(t)
		ctx, cancel := context.WithCancel(t.Context())
		rang := make(chan struct{})
		done := place(t, ctx, Script{To: f.uri(), OnEvent: func(e Event) {
			if e.Kind == Ringing {
				close(rang)
			}
		}})
		invite := f.expect("INVITE")
		f.respond(invite, "180 Ringing", "")
		<-rang
		cancel()
		f.respond(f.expect("CANCEL"), "200 OK", "")
		f.respond(invite, "487 Request Terminated", "")
		if r := wait(t, done); !errors.Is(r.err, context.Canceled) || r.Ended != EndedCancelled {
			t.Errorf("got %v, ended %s", r.err, r.Ended)
		}
	})
	t.Run("talking", func(t *testing.T) {
		f := newFarEnd(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := place(t, ctx, Script{To: f.uri(), HangupAt: Never})
		f.answer()
		cancel()
		f.takeBye()
		if r := wait(t, done); !errors.Is(r.err, context.Canceled) || r.Ended != EndedCaller {
			t.Errorf("got %v, ended %s", r.err, r.Ended)
		}
	})
	t.Run("before any response", func(t *testing.T) {
		f := newFarEnd(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := place(t, ctx, Script{To: f.uri()})
		f.expect("INVITE")
		cancel()
		if r := wait(t, done); !errors.Is(r.err, context.Canceled) {
			t.Errorf("got %v", r.err)
		}
	})
}

func TestHangUpMoments(t *testing.T) {
	tests := []struct {
		name   string
		script Script
		ended  Ended
		beeps  int // that were heard to their end
	}{
		{"after the answer", Script{HangupAt: AfterAnswer, HangupAfter: 100 * time.Millisecond}, EndedCaller, 0},
		{"into the beep", Script{HangupAt: DuringBeep}, EndedCaller, 0},
		{"after the beep", Script{HangupAt: AfterBeep}, EndedCaller, 1},
		{"after the second beep", Script{HangupAt: AfterBeep, BeepNo: 2}, EndedCaller, 2},
		{"nothing to say", Script{}, EndedCaller, 1},
		{"too long", Script{HangupAt: Never, MaxLength: 300 * time.Millisecond}, EndedTimeout, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFarEnd(t)
			tt.script.To = f.uri()
			done := place(t, t.Context(), tt.script)
			invite := f.answer()
			gap, beep := make([]int16, 2400), beepTone(1000, 6400)
			f.wait.Go(func() { f.play(invite, join(gap, beep, gap, gap, beep, gap)) })
			f.takeBye()
			if r := wait(t, done); r.err != nil || r.Ended != tt.ended || len(r.Beeps) != tt.beeps {
				t.Errorf("got %v, ended %s, beeps %v", r.err, r.Ended, r.Beeps)
			}
		})
	}
}

// ACK and BYE go where the answer's Contact says, and come from where the
// INVITE came from.
func TestContactElsewhere(t *testing.T) {
	f, other := newFarEnd(t), newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), HangupAt: AfterAnswer})
	invite := f.expect("INVITE")
	f.respond(invite, "200 OK", f.sdp("8"), other.contact())
	for _, method := range []string{"ACK", "BYE"} {
		m := other.expect(method)
		if m.from.String() != invite.from.String() {
			t.Errorf("%s came from %v, the INVITE from %v", method, m.from, invite.from)
		}
		if method == "BYE" {
			other.respond(m, "200 OK", "")
		}
	}
	if r := wait(t, done); r.err != nil {
		t.Error(r.err)
	}
}
