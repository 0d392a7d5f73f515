//go:build e2e

package pbx

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	asteriskconf "glennline/asterisk-conf"
)

// app is a Stasis application that collects events.
type app struct {
	t      *testing.T
	ari    asteriskconf.ARI
	events chan event
	most   time.Duration // that a call may last
}

type event struct {
	Type    string   `json:"type"`
	Args    []string `json:"args"`
	Channel struct {
		ID     string `json:"id"`
		Caller struct {
			Number string `json:"number"`
		} `json:"caller"`
		ProtocolID string `json:"protocol_id"`
	} `json:"channel"`
	Recording struct {
		Name string `json:"name"`
	} `json:"recording"`
}

// connect registers the application and reads events until the test ends.
func connect(t *testing.T, cfg asteriskconf.Config) *app {
	t.Helper()
	a := &app{t: t, ari: cfg.ARI, events: make(chan event, 1000), most: cfg.MaxCall}
	u := url.URL{
		Scheme: "ws", Host: a.host(), Path: "/ari/events",
		RawQuery: url.Values{"app": {cfg.App}, "api_key": {a.ari.User + ":" + a.ari.Password}}.Encode(),
	}
	conn, _, err := websocket.Dial(t.Context(), u.String(), nil) //nolint:bodyclose // websocket.Dial: "You never need to close resp.Body yourself"
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var e event
			if err := wsjson.Read(t.Context(), conn, &e); err != nil {
				return
			}
			a.events <- e
		}
	}()
	a.accept()
	refreshed := make(chan struct{})
	go func() {
		defer close(refreshed)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-t.Context().Done():
				return
			case <-done: // Asterisk is gone
				return
			case <-tick.C:
				a.accept()
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.CloseNow()
		<-done
		<-refreshed
	})
	return a
}

// accept tells the dialplan that calls are taken, as it wants to hear every
// second. An Asterisk that has been stopped does not hear it, and one that is
// about to stop says 503; what depends on it tells whether it was heard.
func (a *app) accept() {
	got, err := a.request("POST", "asterisk/variable", url.Values{
		"variable": {asteriskconf.StateVariable}, "value": {asteriskconf.StateValue(time.Now(), asteriskconf.StateAccept)},
	})
	if err == nil && got.status/100 != 2 && got.status != 503 {
		a.t.Errorf("state: %d %s", got.status, got.body)
	}
}

func (a *app) host() string { return net.JoinHostPort(a.ari.Host, strconv.Itoa(a.ari.Port)) }

// await is the next event of a type.
func (a *app) await(kind string) event {
	a.t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case e := <-a.events:
			if e.Type == kind {
				return e
			}
		case <-timeout:
			a.t.Fatalf("no %s", kind)
		}
	}
}

// do sends one request, fails the test unless it succeeds, and returns the
// answer's header.
func (a *app) do(method, path string, query url.Values) http.Header {
	a.t.Helper()
	got, err := a.request(method, path, query)
	if err != nil {
		a.t.Fatal(err)
	}
	if got.status/100 != 2 {
		a.t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
	return got.header
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (a *app) request(method, path string, query url.Values) (reply, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+a.host()+"/ari/"+path+"?"+query.Encode(), nil)
	if err != nil {
		return reply{}, err
	}
	req.SetBasicAuth(a.ari.User, a.ari.Password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, body}, err
}

// answer claims the call, which is taken back otherwise, and answers it.
func (a *app) answer(channel string) {
	a.t.Helper()
	a.do("POST", "channels/"+channel+"/variable", url.Values{"variable": {"ARRAY(TIMEOUT(absolute),GL_CLAIMED)"}, "value": {strconv.Itoa(int(a.most.Seconds())) + ",1"}})
	a.do("POST", "channels/"+channel+"/answer", nil)
}

func (a *app) record(channel, name string) {
	a.t.Helper()
	a.do("POST", "channels/"+channel+"/record", url.Values{"name": {name}, "format": {"wav"}, "maxDurationSeconds": {"30"}, "ifExists": {"fail"}})
}

func (a *app) play(channel, file string) {
	a.t.Helper()
	a.do("POST", "channels/"+channel+"/play", url.Values{"media": {"sound:" + file}})
}

// voicemail answers, plays and records so many calls, all at once, until their
// callers have hung up; it returns what each call began with.
func (a *app) voicemail(calls int, prompt string) []event {
	a.t.Helper()
	var began []event
	for ended := 0; ended < calls; {
		select {
		case e := <-a.events:
			switch e.Type {
			case "StasisStart":
				began = append(began, e)
				a.answer(e.Channel.ID)
				a.play(e.Channel.ID, prompt)
			case "PlaybackFinished":
			case "StasisEnd":
				ended++
			}
			if e.Type == "StasisStart" {
				a.record(e.Channel.ID, fmt.Sprintf("day/%s", e.Channel.ID))
			}
		case <-time.After(time.Minute):
			a.t.Fatalf("%d of %d calls ended", ended, calls)
		}
	}
	return began
}
