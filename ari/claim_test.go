package ari_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"glennline/ari"
	"glennline/ari/aritest"
	"glennline/voicemail"
)

func claims(c *ari.Config) { c.ClaimWithin, c.MaxCall = 3*time.Second, time.Minute }

func TestClaim(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ari.Config)
		within time.Duration
		least  float64 // seconds, of which up to one may have gone by
		most   float64
	}{
		"a step":                    {claims, 12500 * time.Millisecond, 12.5, 12.5},
		"to the end":                {claims, 0, 60, 61},
		"a step longer than a call": {claims, time.Hour, 60, 61},
		"a call of any length":      {func(*ari.Config) {}, 0, 0, 0},
		"a step of such a call":     {func(*ari.Config) {}, time.Hour, 3600, 3600},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, c.change)
			ch, call := r.ring()
			if err := call.Claim(t.Context(), c.within); err != nil {
				t.Fatal(err)
			}
			got, err := strconv.ParseFloat(ch.Variable("TIMEOUT(absolute)"), 64)
			if err != nil || got < c.least || got > c.most {
				t.Errorf("the time is %v (%v), want %v to %v", got, err, c.least, c.most)
			}
			if got := ch.Variable("GL_CLAIMED"); got != "1" {
				t.Errorf("the dialplan is told %q, want that the call is claimed", got)
			}
		})
	}
}

func TestClaimOverABadConnection(t *testing.T) {
	r := start(t, claims)
	ch, call := r.ring()
	r.server.Fail("/variable", 1, aritest.Fault{Hang: true})
	r.server.Fail("/variable", 1, aritest.Fault{Status: http.StatusServiceUnavailable})
	if err := call.Claim(t.Context(), time.Second); err != nil || ch.Variable("TIMEOUT(absolute)") != "1.000" {
		t.Errorf("%v, %q", err, ch.Variable("TIMEOUT(absolute)"))
	}
	ch.Hangup()
	receive(t, "the end", call.Ended())
	wantErr(t, call.Claim(t.Context(), time.Second), voicemail.ErrEnded)
}

// How a call left is told by when it did.
func TestFate(t *testing.T) {
	old := 10 * time.Second
	for name, c := range map[string]struct {
		claim func(*testing.T, served)
		end   func(*rig, *aritest.Channel)
		want  voicemail.Fate // At is only a yes or no
	}{
		"hung up before it was claimed":  {nil, func(_ *rig, ch *aritest.Channel) { ch.Hangup() }, voicemail.Fate{At: time.Now()}},
		"not claimed in time":            {nil, func(r *rig, ch *aritest.Channel) { r.server.Behind(-old); ch.TakeBack() }, voicemail.Fate{At: time.Now(), TakenBack: true}},
		"hung up while it was ours":      {claim(time.Minute / 2), func(r *rig, ch *aritest.Channel) { r.server.Behind(-old); ch.Hangup() }, voicemail.Fate{At: time.Now()}},
		"the time of the claim was over": {claim(5 * time.Second), func(r *rig, ch *aritest.Channel) { r.server.Behind(-old); ch.TakeBack() }, voicemail.Fate{At: time.Now(), TakenBack: true}},
		"ours to the end":                {claim(0), func(r *rig, ch *aritest.Channel) { r.server.Behind(-old); ch.Hangup() }, voicemail.Fate{At: time.Now()}},
		"vanished while it was ours":     {claim(time.Minute / 2), vanish, voicemail.Fate{Vanished: true}},
		"vanished after that":            {claim(time.Millisecond), vanish, voicemail.Fate{Vanished: true, TakenBack: true}},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, claims)
			ch, call := r.ring()
			if c.claim != nil {
				c.claim(t, call)
			}
			if fate := call.Fate(); fate != (voicemail.Fate{}) {
				t.Errorf("before its end: %+v", fate)
			}
			c.end(r, ch)
			receive(t, "the end", call.Ended())
			got := call.Fate()
			if got.Vanished != c.want.Vanished || got.TakenBack != c.want.TakenBack || got.At.IsZero() != c.want.At.IsZero() {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func claim(within time.Duration) func(*testing.T, served) {
	return func(t *testing.T, call served) {
		if err := call.Claim(t.Context(), within); err != nil {
			t.Error(err)
		}
	}
}

func vanish(r *rig, ch *aritest.Channel) {
	r.server.Cut()
	ch.Vanish()
}

// A client that was stopped hears late, and of all at once: what happened is told by
// the events' own times.
func TestEventsHeardLate(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*rig, *aritest.Channel)
		want voicemail.RecordEnd
	}{
		// Four seconds, of which one is counted: three of silence.
		"silence": {func(r *rig, ch *aritest.Channel) {
			r.server.Behind(time.Minute - 4*time.Second)
			ch.Finish(time.Second)
		}, voicemail.RecordEndSilence},
		"silence and later a hang-up": {func(r *rig, ch *aritest.Channel) {
			r.server.Behind(time.Minute - 4*time.Second)
			ch.Finish(time.Second)
			r.server.Behind(time.Second)
			ch.Hangup()
		}, voicemail.RecordEndSilence},
		"hang-up": {func(r *rig, ch *aritest.Channel) {
			r.server.Behind(time.Minute - 4*time.Second)
			ch.Hangup()
		}, voicemail.RecordEndHangup},
		"key and later a hang-up": {func(r *rig, ch *aritest.Channel) {
			r.server.Behind(time.Minute - 4*time.Second)
			ch.Press("#")
			r.server.Behind(time.Second)
			ch.Hangup()
		}, voicemail.RecordEndKey},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			r.server.Speech = 3 * time.Second
			ch, call := r.ring()
			req, begun := behindBeep("x")
			r.server.Behind(time.Minute)
			recording := later(func() (voicemail.Recorded, error) { return call.Record(t.Context(), req) })
			receive(t, "its beginning", begun)
			r.server.Await("the recording", func() bool { return ch.Recording() == "x" })
			c.end(r, ch)
			if got := receive(t, "the end", recording); got.err != nil || got.value.End != c.want {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}
