package ari_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/ari"
	"glennline/ari/aritest"
	"glennline/voicemail"
)

func TestArrival(t *testing.T) {
	r := start(t)
	ch := r.server.Ring(aritest.Caller{
		ID: "pbx-1763814000.7", Number: "+3225550101", Presentation: "prohib_not_screened", Dialled: "+3225550100",
		To: "<sip:+3225550100@pbx>", Diversion: `"a, b" <sip:025550102@pbx>;reason=unconditional`, HistoryInfo: "<sip:x@y>;index=1,<sip:z@y>;index=2",
		Trunk: "carrier",
	})
	got := r.next().arrival
	if time.Since(got.At) > time.Minute || got.At.Location() != time.UTC {
		t.Errorf("arrived at %v", got.At)
	}
	got.At = time.Time{}
	want := voicemail.Arrival{
		System: aritest.System, UniqueID: "pbx-1763814000.7", SIPCallID: ch.CallID, Trunk: "carrier",
		CallerNumber: "+3225550101", Presentation: "prohib_not_screened",
		Dialled: voicemail.Dialled{
			Request: "+3225550100", To: "<sip:+3225550100@pbx>",
			Diversion:   `"a, b" <sip:025550102@pbx>;reason=unconditional`,
			HistoryInfo: "<sip:x@y>;index=1,<sip:z@y>;index=2",
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// An Asterisk that outlived the glennline before us goes on with its dialplan,
// which does not tell the trunk.
func TestArrivalByAnOlderDialplan(t *testing.T) {
	r := start(t)
	r.server.Ring(aritest.Caller{Args: []string{"v1", "025550100", "allowed", "", "", ""}})
	if got := r.next().arrival; got.Presentation != "allowed" || got.Dialled.Request != "025550100" || got.Trunk != "" {
		t.Errorf("arrival is %+v", got)
	}
}

// A dialplan that does not fit must not pass a number off as allowed.
func TestArrivalOfOtherArguments(t *testing.T) {
	for name, args := range map[string][]string{
		"none":            {},
		"another version": {"v3", "025550100", "allowed", "", "", "", ""},
		"one too many":    {"v2", "1", "allowed", "prohib", "", "", "", ""},
		"one too few":     {"v2", "025550100", "allowed", "", "", ""},
		"older, too many": {"v1", "1", "allowed", "prohib", "", "", ""},
		"older, too few":  {"v1", "025550100", "allowed", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			r.server.Ring(aritest.Caller{Args: args})
			if got := r.next().arrival; got.Presentation != "" || got.UniqueID == "" {
				t.Errorf("arrival is %+v", got)
			}
		})
	}
}

func TestFilterIsSetAfterEveryConnect(t *testing.T) {
	r := start(t)
	for n := 1; n < 4; n++ {
		r.server.Await("the filter", func() bool {
			return r.server.Requested("PUT /applications/glennline/eventFilter") == n && r.client.Connected()
		})
		filter := r.server.Filtered()
		for _, kind := range []string{"StasisStart", "StasisEnd", "ApplicationReplaced", "PlaybackFinished", "RecordingFinished"} {
			if !slices.Contains(filter, kind) {
				t.Errorf("filter %v is without %s", filter, kind)
			}
		}
		if slices.Contains(filter, "ChannelVarset") {
			t.Errorf("filter %v has what nobody needs", filter)
		}
		r.server.Cut()
	}
}

func TestReconnect(t *testing.T) {
	lost := map[string]func(*aritest.Server){
		"cut":        (*aritest.Server).Cut,
		"half open":  (*aritest.Server).Freeze,
		"all frozen": func(s *aritest.Server) { s.FreezeAll(); time.AfterFunc(500*time.Millisecond, s.Thaw) },
	}
	for name, lose := range lost {
		t.Run(name, func(t *testing.T) {
			r := start(t, func(c *ari.Config) { c.RequestTimeout = 200 * time.Millisecond })
			ch, call := r.ring()
			lose(r.server)
			r.server.Await("a new connection", func() bool { return r.client.Stats().Connects > 1 && r.client.Connected() })
			select {
			case <-call.Ended():
				t.Fatal("the lost socket ended the call")
			default:
			}
			ch.Hangup()
			receive(t, "the end of the call", call.Ended())
			r.ring()
		})
	}
}

func TestConnectTriesOn(t *testing.T) {
	server := aritest.New(t)
	server.Fail("GET /events", 3, aritest.Fault{Status: http.StatusServiceUnavailable})
	server.Fail("eventFilter", 1, aritest.Fault{Status: http.StatusNotFound})
	server.Fail("GET /asterisk/info", 1, aritest.Fault{Status: 1, Hang: true})
	r := join(t, server)
	if n := server.Requested("GET /events"); n != 6 {
		t.Errorf("%d attempts", n)
	}
	r.ring()
}

func TestWrongPassword(t *testing.T) {
	server := aritest.New(t)
	r := prepare(t, server, func(c *ari.Config) { c.Password = "another" })
	r.run()
	wantErr(t, r.result(), ari.ErrUnauthorized)
}

func TestReplaced(t *testing.T) {
	r := start(t)
	_, call := r.ring()
	answer := later(func() (int, error) { return call.Play(t.Context(), "/a", "/b", "/c", "/d") })
	r.server.Await("the playback", func() bool { return r.server.Requested("/play/") == 1 })
	r.server.Replace()
	wantErr(t, receive(t, "the playback's end", answer).err, ari.ErrReplaced)
	receive(t, "the end of the call's context", call.done)
	wantErr(t, r.result(), ari.ErrReplaced)

	before := len(r.server.Requests())
	wantErr(t, call.Answer(t.Context()), ari.ErrReplaced)
	wantErr(t, call.Hangup(t.Context(), voicemail.HangupNormal), ari.ErrReplaced)
	_, err := call.Record(t.Context(), minute("late"))
	wantErr(t, err, ari.ErrReplaced)
	if after := len(r.server.Requests()); after != before {
		t.Errorf("a replaced client made requests: %v", r.server.Requests()[before:])
	}
	if r.server.Sockets() != 1 {
		t.Error("a replaced client connected again")
	}
}

// Asterisk lets its read-only users connect under our name, and gives them our
// events. Calls in progress go on, and those that come meanwhile are served.
func TestTakenBack(t *testing.T) {
	r := start(t)
	ch, call := r.ring()
	for n := 1; n < 5; n++ {
		r.server.Usurp()
		r.server.Ring(aritest.Caller{}) // of which the other one is told
		r.server.Await("the application to be ours again", func() bool { return r.client.Connected() && r.server.Sockets() == n+1 })
		r.next()
	}
	select {
	case <-call.Ended():
		t.Fatal("the call was ended")
	default:
	}
	answer := later(func() (int, error) { return call.Play(t.Context(), "/a", "/b") })
	if got := receive(t, "the playback's end", answer); got.err != nil || got.value != 2 {
		t.Errorf("%+v", got)
	}
	ch.Hangup()
	receive(t, "the end of the call", call.Ended())
}

// A read-only user cannot serve calls: that is said at once.
func TestMayOnlyRead(t *testing.T) {
	server := aritest.New(t)
	server.Fail("POST /asterisk/variable", 1000, aritest.Fault{Status: http.StatusForbidden})
	r := prepare(t, server)
	r.run()
	wantErr(t, r.result(), ari.ErrUnauthorized)
}

func TestSecondClientWins(t *testing.T) {
	first := start(t)
	second := join(t, first.server)
	wantErr(t, first.result(), ari.ErrReplaced)
	second.ring()
	if n := first.server.Sockets(); n != 2 {
		t.Errorf("%d sockets: a tug of war", n)
	}
}

func TestEndOfRun(t *testing.T) {
	r := start(t)
	ch, call := r.ring()
	r.stop()
	receive(t, "the end of the call's context", call.done)
	r.server.Ring(aritest.Caller{})
	if err := r.result(); err != nil {
		t.Errorf("Run returned %v", err)
	}
	if cause, gone := ch.Gone(); gone {
		t.Errorf("the call was hung up: %q", cause)
	}
	if len(r.calls) != 0 {
		t.Error("a call was taken after the end")
	}
}

// A call that takes its time to end still gets its events.
func TestEventsReachCallsWhileRunEnds(t *testing.T) {
	server := aritest.New(t)
	r := prepare(t, server)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	serving := make(chan *ari.Call)
	go func() {
		r.ended <- r.client.Run(ctx, func(_ context.Context, call *ari.Call, _ voicemail.Arrival) {
			serving <- call
			<-call.Ended()
		})
	}()
	server.Await("the client to connect", r.client.Connected)
	ch := server.Ring(aritest.Caller{})
	receive(t, "the call", serving)
	stop()
	ch.Hangup()
	if err := r.result(); err != nil {
		t.Errorf("Run returned %v", err)
	}
	server.Await("the socket to be closed", func() bool { return !server.Connected() })
}

// A peer that does not answer any more does not keep Run from returning.
func TestEndOfRunWithAFrozenPeer(t *testing.T) {
	r := start(t, func(c *ari.Config) { c.PingInterval = time.Hour })
	r.ring()
	r.server.FreezeAll()
	r.stop()
	if err := r.result(); err != nil {
		t.Errorf("Run returned %v", err)
	}
}

func TestOddEvents(t *testing.T) {
	r := start(t)
	for _, text := range []string{"", "{}", "[1]", "not JSON", `{"type":"NoSuchEvent"}`, `{"type":"StasisEnd"}`, `{"type":"PlaybackFinished","playback":{"target_uri":"bridge:1"}}`} {
		r.server.Garbage(text)
	}
	r.server.Double("StasisStart", 1)
	_, call := r.ring()
	ch, other := r.ring()
	if call.ID() == other.ID() {
		t.Error("a doubled StasisStart began a second call")
	}
	r.server.Swap("StasisStart")
	early := r.server.Ring(aritest.Caller{})
	early.Hangup() // StasisEnd overtakes StasisStart
	late := r.next()
	wantErr(t, late.Answer(t.Context()), voicemail.ErrEnded)
	r.server.Double("StasisEnd", 1)
	ch.Hangup()
	receive(t, "the end of the call", other.Ended())
	if n := r.client.Stats().Undecodable; n == 0 {
		t.Error("odd events were not counted")
	}
}

func TestGlobalAndInfo(t *testing.T) {
	r := start(t)
	if err := r.client.SetGlobal(t.Context(), "GL_STATE", "accept 1763814000"); err != nil {
		t.Fatal(err)
	}
	if got := r.server.Global("GL_STATE"); got != "accept 1763814000" {
		t.Errorf("variable is %q", got)
	}
	for name, want := range map[string]string{"GL_STATE": "accept 1763814000", "GL NONE&": ""} {
		if got, err := r.client.Global(t.Context(), name); err != nil || got != want {
			t.Errorf("%s read back is %q, %v", name, got, err)
		}
	}
	info, err := r.client.Info(t.Context())
	if err != nil || info.ID() != aritest.System || info.Version != "22.0.0" {
		t.Errorf("info is %+v, %v", info, err)
	}
	if (ari.System{EntityID: "02:00"}).ID() != "02:00" {
		t.Error("a system without a name has no id")
	}
	ch, _ := r.ring()
	ids, err := r.client.Channels(t.Context())
	if err != nil || !slices.Equal(ids, []string{ch.ID}) {
		t.Errorf("channels are %v, %v", ids, err)
	}
}

func TestOnConnect(t *testing.T) {
	connects := make(chan struct{}, 10)
	r := start(t, func(c *ari.Config) { c.OnConnect = func(context.Context) { connects <- struct{}{} } })
	receive(t, "the first connect", connects)
	r.server.Cut()
	receive(t, "the second connect", connects)
}

func TestConfig(t *testing.T) {
	good := ari.DefaultConfig()
	good.URL, good.User, good.Password, good.App = "http://127.0.0.1:8088/ari/", "u", "p", "a"
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*ari.Config){
		"no url":           func(c *ari.Config) { c.URL = "" },
		"websocket url":    func(c *ari.Config) { c.URL = "ws://127.0.0.1:8088/ari" },
		"password in url":  func(c *ari.Config) { c.URL = "http://u:p@127.0.0.1:8088/ari" },
		"no user":          func(c *ari.Config) { c.User = "" },
		"no password":      func(c *ari.Config) { c.Password = "" },
		"no application":   func(c *ari.Config) { c.App = "" },
		"no time":          func(c *ari.Config) { c.RequestTimeout = 0 },
		"backwards":        func(c *ari.Config) { c.Grace = -1 },
		"no connection":    func(c *ari.Config) { c.MaxConnections = 0 },
		"no logger":        func(c *ari.Config) { c.Log = nil },
		"query in the url": func(c *ari.Config) { c.URL += "?x=1" },
	} {
		bad := good
		spoil(&bad)
		if bad.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := ari.New(bad); err == nil {
			t.Errorf("%s: New made a client", name)
		}
	}
}
