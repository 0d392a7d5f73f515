package ari_test

import (
	"net/http"
	"testing"
	"time"

	"glennline/ari"
	"glennline/ari/aritest"
	"glennline/voicemail"
)

// adopt connects a client to a server on which a call was left, and returns
// both of its ends.
func adopt(t *testing.T, begin func(*aritest.Channel), changes ...func(*ari.Config)) (*rig, *aritest.Channel, served) {
	t.Helper()
	server := aritest.New(t)
	server.ItemLength = 300 * time.Millisecond // longer than it takes to be found
	ch := server.Leave(aritest.Caller{}, "Up")
	r := join(t, server, changes...)
	stray := receive(t, "the call", r.strays)
	begin(ch)
	return r, ch, stray
}

func (r *rig) playing(call served) voicemail.Playback {
	r.Helper()
	playing, err := call.Playing(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return playing
}

func TestPlaybackGoesOn(t *testing.T) {
	for name, id := range map[string]string{"the first": ".play1", "asked for again and again": ".play12"} {
		t.Run(name, func(t *testing.T) {
			r, _, call := adopt(t, func(ch *aritest.Channel) { ch.Play(ch.ID+id, "/v/name", "/v/notice", "/v/beep") })
			playing := r.playing(call)
			if playing == nil || playing.Media() != "/v/name" {
				t.Fatalf("playing is %v", playing)
			}
			n, err := playing.Await(t.Context(), "/v/name", "/v/notice", "/v/beep")
			if n != 3 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			if n, err := call.Play(t.Context(), "/v/again"); n != 1 || err != nil {
				t.Errorf("then: %d, %v", n, err)
			}
		})
	}
}

// Media that end between the question and the wait are not forgotten.
func TestPlaybackEndsWhileItIsFound(t *testing.T) {
	r, ch, call := adopt(t, func(ch *aritest.Channel) { ch.Play(ch.ID+".play1", "/v/name", "/v/notice", "/v/beep") })
	playing := r.playing(call)
	r.server.Await("the end of all", func() bool { return ch.Playing() == nil })
	if n, err := playing.Await(t.Context(), "/v/name", "/v/notice", "/v/beep"); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestPlaybackIsFoundInItsMiddle(t *testing.T) {
	r, ch, call := adopt(t, func(ch *aritest.Channel) { ch.Play(ch.ID+".play1", "/v/name", "/v/notice", "/v/beep") })
	r.server.Await("the notice", func() bool { return ch.At() == 1 })
	playing := r.playing(call)
	if playing == nil || playing.Media() != "/v/notice" {
		t.Fatalf("playing is %v", playing)
	}
	waiting := later(func() (int, error) { return playing.Await(t.Context(), "/v/notice", "/v/beep") })
	r.server.Await("the beep", func() bool { return ch.At() == 2 })
	ch.Hangup()
	got := receive(t, "the end", waiting)
	wantErr(t, got.err, voicemail.ErrEnded)
	if got.value != 1 {
		t.Errorf("%d played to their end, want the notice", got.value)
	}
}

// A playback of which the socket told nothing is as lost as one of our own.
func TestFoundPlaybackIsLost(t *testing.T) {
	r, ch, call := adopt(t, func(ch *aritest.Channel) { ch.Play(ch.ID+".play1", "/v/notice", "/v/beep") })
	playing := r.playing(call)
	r.server.Lose("PlaybackContinuing", 1)
	r.server.Lose("PlaybackFinished", 1)
	waiting := later(func() (int, error) { return playing.Await(t.Context(), "/v/notice", "/v/beep") })
	r.server.Await("its end", func() bool { return ch.Playing() == nil })
	r.server.Cut()
	got := receive(t, "the end", waiting)
	wantErr(t, got.err, voicemail.ErrLost)
	if got.value != 0 {
		t.Errorf("%d played to their end as far as known, want 0", got.value)
	}
}

// Whoever begins anew has play ids of its own, and the next process finds them.
func TestNothingPlays(t *testing.T) {
	r, ch, call := adopt(t, func(*aritest.Channel) {})
	if playing := r.playing(call); playing != nil {
		t.Fatalf("playing %s", playing.Media())
	}
	if got := ch.Variable("GL_ADOPTED"); got != "1" {
		t.Errorf("generation is %q", got)
	}
	if n, err := call.Play(t.Context(), "/v/name"); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if r.server.Requested("/play/"+ch.ID+".play1") != 1 || r.server.Requested("/play/"+ch.ID+".play13") != 1 {
		t.Errorf("requests: %v", r.server.Requests())
	}
	ch.Play(ch.ID+".play14", "/v/notice", "/v/beep")
	if playing := r.playing(call); playing == nil || playing.Media() != "/v/notice" {
		t.Errorf("the next one finds %v", playing)
	}
}

// A question without an answer is asked again: in doubt nothing is begun.
func TestAskingGoesOn(t *testing.T) {
	r, _, call := adopt(t, func(ch *aritest.Channel) { ch.Play(ch.ID+".play1", "/v/name") },
		func(c *ari.Config) { c.RequestTimeout = 100 * time.Millisecond })
	r.server.ItemLength = time.Hour
	r.server.Fail("/variable", 1, aritest.Fault{Mute: true})
	r.server.Fail("GET /playbacks", 2, aritest.Fault{Status: http.StatusInternalServerError})
	r.server.Fail("GET /playbacks", 1, aritest.Fault{Status: 1, Hang: true})
	if r.playing(call) == nil {
		t.Error("nothing was found")
	}
}

func TestChannelEndsWhileItIsAsked(t *testing.T) {
	r, ch, call := adopt(t, func(*aritest.Channel) {})
	r.server.Fail("/variable", 1000, aritest.Fault{Status: http.StatusInternalServerError})
	asking := later(func() (voicemail.Playback, error) { return call.Playing(t.Context()) })
	r.server.Await("a question", func() bool { return r.server.Requested("/variable") > 0 })
	ch.Hangup()
	wantErr(t, receive(t, "the end", asking).err, voicemail.ErrEnded)
}

func TestRecordingGoesOn(t *testing.T) {
	req := minute("2026-11-22/x")
	for name, c := range map[string]struct {
		end  func(*aritest.Channel)
		want voicemail.RecordEnd
	}{
		"hang-up":     {(*aritest.Channel).Hangup, voicemail.RecordEndHangup},
		"key":         {func(ch *aritest.Channel) { ch.Press("#") }, voicemail.RecordEndKey},
		"silence":     {func(ch *aritest.Channel) { ch.Finish(7 * time.Second) }, voicemail.RecordEndSilence},
		"its failure": {(*aritest.Channel).FailRecording, voicemail.RecordEndFailed},
	} {
		t.Run(name, func(t *testing.T) {
			r, ch, call := adopt(t, func(ch *aritest.Channel) { ch.Record(req.Name) })
			type result struct {
				rec     voicemail.Recorded
				running bool
			}
			waiting := later(func() (result, error) {
				// Ten seconds ago, of which seven are counted: three of silence.
				rec, running, err := call.AwaitRecord(t.Context(), req, time.Now().Add(-10*time.Second))
				return result{rec, running}, err
			})
			r.server.Await("the question", ch.AskedFor)
			c.end(ch)
			got := receive(t, "its end", waiting)
			if got.err != nil || !got.value.running || got.value.rec.End != c.want {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestNothingRecords(t *testing.T) {
	_, _, call := adopt(t, func(*aritest.Channel) {})
	_, running, err := call.AwaitRecord(t.Context(), minute("2026-11-22/x"), time.Now())
	if running || err != nil {
		t.Errorf("%v, %v", running, err)
	}
}

// A channel that shows no arguments of ours any more still has the variables.
func TestArgumentsAreRecalled(t *testing.T) {
	server := aritest.New(t)
	left := server.Leave(aritest.Caller{Number: "+3225550101"}, "Up")
	left.Elsewhere()
	left.Set("GL_DIALLED", "025550100")
	left.Set("CALLERID(num-pres)", "prohib")
	left.Set("GL_DIVERSION", "%3Csip:025550102@pbx%3E")
	r := join(t, server)
	got := receive(t, "the call", r.strays).arrival
	want := voicemail.Dialled{Request: "025550100", Diversion: "<sip:025550102@pbx>"}
	if got.Dialled != want || got.Presentation != "prohib" || got.CallerNumber != "+3225550101" || !got.Found {
		t.Errorf("arrival is %+v", got)
	}
}
