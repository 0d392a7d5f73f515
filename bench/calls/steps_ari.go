package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"github.com/coder/websocket"
)

// stepsApp is the ARI application of the ladder: as little as can be, because
// what is measured is Asterisk.
const stepsApp = "steps"

// blip stands for the path of a prompt of 40 ms in a rung's steps.
const blip = "BLIP"

// stepsApplication is who is connected as stepsApp.
type stepsApplication struct {
	line *line
	host string // with its port
	set  string // folder of the prompts
	blip string // path of the shortest, without its suffix
	http *http.Client
	key  string // password
}

// stepsUser is who may use ARI, by glennline's default.
const stepsUser = "glennline"

// stepsApplication finds the way to ARI in what glennline rendered.
func (l *line) stepsApplication() (*stepsApplication, error) {
	set, err := l.promptSet()
	if err != nil {
		return nil, err
	}
	a := &stepsApplication{
		line: l, set: set, blip: filepath.Join(filepath.Dir(l.dialplanSpool()), "blip"),
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}},
	}
	port, err := l.rendered("http.conf", `(?m)^bindport = (\d+)$`)
	if err != nil {
		return nil, err
	}
	a.host = "127.0.0.1:" + port
	if a.key, err = l.rendered("ari.conf", `(?ms)^\[`+stepsUser+`\]$.*?^password = (\S+)$`); err != nil {
		return nil, err
	}
	return a, os.WriteFile(a.blip+".alaw", bytes.Repeat([]byte{0xd5}, 320), 0o644)
}

// rendered is what stands in a file of Asterisk's configuration.
func (l *line) rendered(name, expression string) (string, error) {
	file := filepath.Join(l.data.Asterisk(), "etc", name)
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(expression).FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s: nothing like %s", file, expression)
	}
	return string(found[1]), nil
}

// serve connects, and does for each call what its rung asks for until ctx ends.
func (a *stepsApplication) serve(ctx context.Context) error {
	at := url.URL{
		Scheme: "ws", Host: a.host, Path: "/ari/events",
		RawQuery: url.Values{"app": {stepsApp}, "api_key": {stepsUser + ":" + a.key}}.Encode(),
	}
	socket, _, err := websocket.Dial(ctx, at.String(), nil) //nolint:bodyclose // websocket.Dial: "You never need to close resp.Body yourself"
	if err != nil {
		return err
	}
	socket.SetReadLimit(-1)
	go func() {
		defer socket.CloseNow() //nolint:errcheck // nothing is left to be said
		for {
			_, text, err := socket.Read(ctx)
			if err != nil {
				return // the calls that nobody serves are lost, and said to be
			}
			var event struct {
				Type    string
				Args    []string
				Channel struct{ ID string }
			}
			if json.Unmarshal(text, &event) == nil && event.Type == "StasisStart" && len(event.Args) == 1 {
				go a.take(ctx, event.Args[0], event.Channel.ID)
			}
		}
	}()
	return nil
}

// take takes one call's steps.
func (a *stepsApplication) take(ctx context.Context, what, id string) {
	var orders []order
	switch what {
	case "set":
		orders = repeat("request", order{path: "variable?variable=GL_STEP&value=1"})
	case "play":
		orders = repeat("playedbyari", order{path: "play", body: map[string]any{"media": "sound:" + a.blip}})
	case "call":
		media := []string{"sound:" + a.set + "/name", "sound:" + a.set + "/notice", "sound:" + a.set + "/beep"}
		orders = []order{
			{path: "answer"},
			{path: "play", body: map[string]any{"media": media}},
			{path: "record", body: map[string]any{
				"name": filepath.Base(a.line.stepsFolder()) + "/" + id, "format": "wav", "maxDurationSeconds": 120, "maxSilenceSeconds": 5,
			}},
		}
	}
	if what != "call" {
		orders = append(orders, order{path: "continue"})
	}
	for _, o := range orders {
		if err := a.post(ctx, path.Join("channels", url.PathEscape(id)), o); err != nil {
			say("ladder: %v", err) // the call is lost, or short of a step: its run says so
			return
		}
	}
}

// order is a request about a channel.
type order struct {
	path string
	body any
}

func repeat(who contestant, o order) []order {
	var orders []order
	for range rungOf(who).times {
		orders = append(orders, o)
	}
	return orders
}

func (a *stepsApplication) post(ctx context.Context, channel string, o order) error {
	var body io.Reader = http.NoBody
	if o.body != nil {
		text, err := json.Marshal(o.body)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.host+"/ari/"+channel+"/"+o.path, body)
	if err != nil {
		return err
	}
	req.SetBasicAuth(stepsUser, a.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if said, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s %s %w", o.path, resp.Status, said, err)
	}
	return nil
}

func (l *line) stepsFolder() string { return filepath.Join(l.data.Spool(), stepsApp) }
