package ari_test

import (
	"testing"
	"time"

	"glennline/ari"
	"glennline/ari/aritest"
	"glennline/voicemail"
)

// Calls that a client which is gone left behind.
func TestCallsThatWereLeft(t *testing.T) {
	server := aritest.New(t)
	ringing := server.Leave(aritest.Caller{To: "<sip:1@x>", Presentation: "prohib"}, "Ring")
	up := server.Leave(aritest.Caller{Diversion: "<sip:2@x>"}, "Up")
	r := join(t, server)

	got := r.next()
	if got.ID() != ringing.ID || got.arrival.Dialled.To != "<sip:1@x>" || got.arrival.Presentation != "prohib" ||
		got.arrival.SIPCallID != ringing.CallID || got.arrival.System != aritest.System {
		t.Errorf("the unanswered call is %+v", got.arrival)
	}
	stray := receive(t, "the answered call", r.strays)
	if stray.ID() != up.ID || stray.arrival.Dialled.Diversion != "<sip:2@x>" {
		t.Errorf("the answered call is %+v", stray.arrival)
	}
	up.Hangup()
	receive(t, "its end", stray.Ended())
	if s := r.client.Stats(); s.Recovered != 1 || s.Strays != 1 || s.Arrivals != 0 {
		t.Errorf("stats are %+v", s)
	}
}

func TestStraysAreLeftAlone(t *testing.T) {
	server := aritest.New(t)
	up := server.Leave(aritest.Caller{}, "Up")
	r := join(t, server, func(c *ari.Config) {
		c.Stray = nil
		c.SweepInterval = 10 * time.Millisecond
	})
	for r.server.Requested("GET /applications/glennline") < 5 {
		time.Sleep(time.Millisecond)
	}
	if s := r.client.Stats(); s.Strays != 1 || s.Calls != 0 {
		t.Errorf("stats are %+v", s)
	}
	if cause, gone := up.Gone(); gone {
		t.Errorf("it was hung up: %q", cause)
	}
}

// A StasisStart that is late, or comes again, for a call that was found.
func TestFoundCallIsAnnounced(t *testing.T) {
	server := aritest.New(t)
	left := server.Leave(aritest.Caller{}, "Ring")
	r := join(t, server)
	call := r.next()
	left.Announce()
	left.Hangup()
	receive(t, "the end", call.Ended())
	if len(r.calls) != 0 {
		t.Error("it was served twice")
	}
}

// Events that were lost although the socket stands.
func TestSweep(t *testing.T) {
	r := start(t, func(c *ari.Config) { c.SweepInterval = 20 * time.Millisecond })
	r.server.Lose("StasisStart", 1)
	r.server.Lose("StasisEnd", 1)
	lost := r.server.Ring(aritest.Caller{})
	call := r.next()
	if call.ID() != lost.ID {
		t.Fatalf("served %s", call.ID())
	}
	playing := later(func() (int, error) { return call.Play(t.Context(), "/a") })
	r.server.ItemLength = time.Hour
	r.server.Lose("PlaybackFinished", 1)
	lost.Hangup()
	wantErr(t, receive(t, "the end", playing).err, voicemail.ErrEnded)
	if s := r.client.Stats(); s.Recovered != 1 || s.Vanished != 1 {
		t.Errorf("stats are %+v", s)
	}
}
