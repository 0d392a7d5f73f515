//go:build e2e

package e2e

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/coder/websocket"

	"glennline/softphone"
)

// readerPassword is that of the user of ARI who may only read.
const readerPassword = "invented_for_tests_0123456789-abcdef"

// withReader writes the password into the folder of a line that is not started
// yet, and gives what its configuration has to say.
func withReader(t *testing.T, dir, port string) (config string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "reader"), []byte(readerPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "ari: {url: 'http://127.0.0.1:" + port + "/ari', monitor_password_file: reader}\n"
}

// Whoever may only read changes nothing. Asterisk lets such a user take the
// application over all the same: glennline takes it back, and no call suffers, be
// it about to come, in its notice or in its message.
func (l *line) keepsItsCalls(t *testing.T) {
	t.Helper()
	c := l.commander(t)
	c.user, c.pass = "glennline-monitor", readerPassword
	for _, path := range []string{"/asterisk/info", "/channels", "/endpoints", "/applications/glennline"} {
		if status := c.ask(http.MethodGet, path, nil, nil, nil); status != http.StatusOK {
			t.Errorf("GET %s answers %d, want 200", path, status)
		}
	}
	var answered []string
	r := l.phone(t, softphone.Script{Say: speech(t, 1.5), OnEvent: func(e softphone.Event) {
		switch e.Kind {
		case softphone.Calling, softphone.FirstAudio, softphone.Speaking:
			c.usurp()
			answered = append(answered, string(e.Kind))
		case softphone.Answered:
			channel := "/channels/" + c.anyChannel()
			for _, try := range [][2]string{
				{http.MethodDelete, channel},
				{http.MethodPost, channel + "/record"},
				{http.MethodPost, channel + "/redirect"},
				{http.MethodPost, "/channels"},
				{http.MethodPost, "/asterisk/variable"},
				{http.MethodPut, "/asterisk/modules/res_ari.so"},
				{http.MethodPut, "/applications/glennline/eventFilter"},
				{http.MethodPost, "/events/user/any"},
			} {
				if status := c.ask(try[0], try[1], url.Values{"application": {"glennline"}}, nil, nil); status != http.StatusForbidden {
					t.Errorf("%s %s answers %d, want 403", try[0], try[1], status)
				}
			}
		default:
		}
	}})
	l.want(t, r, "message/caller", "counted")
	if want := []string{"calling", "first_audio", "speaking"}; !slices.Equal(answered, want) {
		t.Errorf("taken over at %q, want %q", answered, want)
	}
	if l.logged("somebody who is no glennline connected to asterisk under our application's name") != 1 { // once a minute
		t.Error("it is not told, or more than once")
	}
}

// anyChannel is the id of a channel that is there.
func (c *commander) anyChannel() string {
	c.t.Helper()
	var channels []struct{ ID string }
	if status := c.ask(http.MethodGet, "/channels", nil, nil, &channels); status != http.StatusOK || len(channels) == 0 {
		c.t.Errorf("%d, channels %+v", status, channels)
		return "none"
	}
	return channels[0].ID
}

// usurp takes the application over, and waits until it has been taken back.
func (c *commander) usurp() {
	c.t.Helper()
	conn, _, err := websocket.Dial(c.t.Context(), "ws://"+c.root+"/events?app=glennline&subscribeAll=true&api_key="+url.QueryEscape(c.user+":"+c.pass), nil) //nolint:bodyclose // Dial closes it
	if err != nil {
		c.t.Error(err)
		return
	}
	defer conn.CloseNow() //nolint:errcheck // nothing was written
	for {
		_, event, err := conn.Read(c.t.Context())
		if err != nil {
			c.t.Errorf("the application was not taken back: %v", err)
			return
		}
		if bytes.Contains(event, []byte("ApplicationReplaced")) {
			return
		}
	}
}
