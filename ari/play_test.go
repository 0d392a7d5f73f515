package ari_test

import (
	"testing"
	"time"

	"glennline/ari"
	"glennline/ari/aritest"
	"glennline/voicemail"
)

// Asterisk goes on to the next medium where one cannot be opened, and does not
// say so. What the caller did not hear must not be counted as heard.
func TestMissingMedia(t *testing.T) {
	for _, c := range []struct {
		missing string
		heard   int
	}{
		{"/a", 0}, {"/b", 1}, {"/c", 2},
	} {
		t.Run(c.missing, func(t *testing.T) {
			r := start(t)
			r.server.Missing(c.missing)
			_, call := r.ring()
			n, err := call.Play(t.Context(), "/a", "/b", "/c")
			wantErr(t, err, ari.ErrUnplayable)
			if n != c.heard {
				t.Errorf("%d heard to the end, want %d", n, c.heard)
			}
			if s := r.client.Stats(); s.PlayErrors != 1 {
				t.Errorf("stats are %+v", s)
			}
		})
	}
}

func TestHangupWhilePlaying(t *testing.T) {
	r := start(t)
	ch, call := r.ring()
	// The events as Asterisk sends them, or the other way round.
	for name, twist := range map[string]func(){
		"in order":       func() {},
		"the other way":  func() { r.server.Swap("PlaybackFinished") },
		"finished twice": func() { r.server.Double("PlaybackFinished", 1) },
		"finished lost":  func() { r.server.Lose("PlaybackFinished", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			twist()
			playing := later(func() (int, error) { return call.Play(t.Context(), "/a", "/b", "/c") })
			r.server.Await("the first to end", func() bool { p := ch.Playing(); return p != nil && ch.At() == 1 })
			ch.Hangup()
			got := receive(t, "the end", playing)
			wantErr(t, got.err, voicemail.ErrEnded)
			if got.value != 1 {
				t.Errorf("%d heard to the end", got.value)
			}
		})
		ch, call = r.ring()
	}
}

func TestOddPlaybackEvents(t *testing.T) {
	for name, twist := range map[string]func(*aritest.Server){
		"doubled":          func(s *aritest.Server) { s.Double("PlaybackContinuing", 9) },
		"finished doubled": func(s *aritest.Server) { s.Double("PlaybackFinished", 9) },
		"swapped":          func(s *aritest.Server) { s.Swap("PlaybackContinuing") },
		"continuing lost":  func(s *aritest.Server) { s.Lose("PlaybackContinuing", 9) },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			_, call := r.ring()
			twist(r.server)
			for range 3 {
				if n, err := call.Play(t.Context(), "/a", "/b", "/c"); n != 3 || err != nil {
					t.Errorf("%d heard, %v", n, err)
				}
			}
		})
	}
}

// Events of a playback that was given up, or is somebody else's.
func TestEventsOfAnotherPlayback(t *testing.T) {
	r := start(t)
	ch, call := r.ring()
	playing := later(func() (int, error) { return call.Play(t.Context(), "/a", "/b") })
	r.server.Await("the playback", func() bool { return ch.Playing() != nil })
	for _, kind := range []string{"PlaybackContinuing", "PlaybackFinished"} {
		r.server.Garbage(`{"type":"` + kind + `","timestamp":"2026-11-22T12:00:00.000+0000","application":"glennline",` +
			`"playback":{"id":"another","media_uri":"sound:/a","target_uri":"channel:` + ch.ID + `","state":"failed"}}`)
	}
	if got := receive(t, "the end", playing); got.value != 2 || got.err != nil {
		t.Errorf("%d heard, %v", got.value, got.err)
	}
	if n := r.client.Stats().Unrouted; n != 2 {
		t.Errorf("%d events went nowhere", n)
	}
}

func TestPlayDeadline(t *testing.T) {
	r := start(t, func(c *ari.Config) { c.PlayTimeout = 200 * time.Millisecond })
	r.server.Lose("PlaybackFinished", 1)
	ch, call := r.ring()
	_, err := call.Play(t.Context(), "/a")
	wantErr(t, err, ari.ErrDeadline)

	r.server.ItemLength = time.Hour
	_, err = call.Play(t.Context(), "/b")
	wantErr(t, err, ari.ErrDeadline)
	if ch.Playing() != nil {
		t.Error("it plays on, and what follows waits behind it")
	}
}

// A playback that ends while the socket is down: whether it was heard is not
// known, and not claimed. One that goes on is waited for.
func TestSocketLostWhilePlaying(t *testing.T) {
	t.Run("over meanwhile", func(t *testing.T) {
		r := start(t)
		r.server.ItemLength = 300 * time.Millisecond // so that the first's end is not missed
		ch, call := r.ring()
		playing := later(func() (int, error) { return call.Play(t.Context(), "/a", "/b") })
		r.server.Await("the first to end", func() bool { return ch.At() == 1 })
		r.server.Fail("GET /events", 1, aritest.Fault{Wait: 900 * time.Millisecond})
		r.server.Cut()
		got := receive(t, "the end", playing)
		wantErr(t, got.err, ari.ErrLost)
		if got.value == 2 {
			t.Error("it counts as heard")
		}
		if n, err := call.Play(t.Context(), "/a"); n != 1 || err != nil {
			t.Errorf("again: %d heard, %v", n, err)
		}
	})
	t.Run("goes on", func(t *testing.T) {
		r := start(t)
		r.server.ItemLength = 500 * time.Millisecond
		_, call := r.ring()
		playing := later(func() (int, error) { return call.Play(t.Context(), "/a") })
		r.server.Await("the playback", func() bool { return r.server.Requested("/play/") == 1 })
		r.server.Cut()
		if got := receive(t, "the end", playing); got.value != 1 || got.err != nil {
			t.Errorf("%d heard, %v", got.value, got.err)
		}
		if r.client.Stats().Connects < 2 {
			t.Error("the socket was not lost")
		}
	})
}
