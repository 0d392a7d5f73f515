//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
)

// commander is ARI of a line's own Asterisk, for somebody who has its password.
type commander struct {
	t    *testing.T
	root string
	user string
	pass string
}

func (l *line) commander(t *testing.T) *commander {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(l.dir, "data", "asterisk", "run", "supervised.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		ARI struct {
			Host, User, Password string
			Port                 int
		}
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	return &commander{
		t: t, root: fmt.Sprintf("%s:%d/ari", state.ARI.Host, state.ARI.Port), user: state.ARI.User, pass: state.ARI.Password,
	}
}

// ask makes a request and reads the answer into the value, where it is one.
func (c *commander) ask(method, path string, query url.Values, body, answer any) int {
	c.t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+c.root+path+"?"+query.Encode(), sent)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(c.user, c.pass)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if resp.StatusCode == http.StatusOK && answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			c.t.Fatalf("%s: %v\n%s", path, err, text)
		}
	}
	return resp.StatusCode
}

// Whoever has ARI's password cannot call anybody: not through any endpoint,
// over any transport, nor with what else can be said with a call.
func testNothingGoesOut(t *testing.T, x *trunks) {
	c := x.commander(t)
	// An application of one's own, so that nobody hangs up in between.
	conn, _, err := websocket.Dial(t.Context(), "ws://"+c.root+"/events?app=intruder&api_key="+url.QueryEscape(c.user+":"+c.pass), nil) //nolint:bodyclose // Dial closes it
	if err != nil {
		t.Fatal(err)
	}
	thrownOut := make(chan error, 1)
	go func() { // its events are of no interest
		for {
			if _, _, err := conn.Read(context.WithoutCancel(t.Context())); err != nil {
				thrownOut <- err
				return
			}
		}
	}()
	defer conn.CloseNow() //nolint:errcheck // nothing was written
	var came atomic.Int32
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = packets.Close() })
	far := packets.LocalAddr().String()
	arrived := make(chan string, 100)
	go func() {
		for buf := make([]byte, 65536); ; {
			n, _, err := packets.ReadFrom(buf)
			if err != nil {
				return
			}
			arrived <- string(buf[:n])
		}
	}()
	connections, err := net.Listen("tcp", far)
	if err != nil {
		t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = connections.Close() })
	go func() {
		for {
			conn, err := connections.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			_ = conn.Close()
		}
	}()
	var endpoints []struct{ Technology, Resource string }
	if status := c.ask(http.MethodGet, "/endpoints", nil, nil, &endpoints); status != http.StatusOK || len(endpoints) < 5 {
		t.Fatalf("%d, endpoints %+v", status, endpoints)
	}
	tried := 0
	for _, e := range endpoints {
		for _, dialled := range []struct {
			to   string
			vars map[string]string
		}{
			{to: "/sip:+3225550199@" + far},
			{to: "/sip:+3225550199@" + far + ";transport=tcp"},
			{to: "/sip:+3225550199@" + far + ";transport=tls"},
			{to: "/sips:+3225550199@" + far},
			{to: "/sip:+3225550199@" + far + "?Route=%3Csip:" + far + "%3Blr%3E"},
			{to: "/sip:+3225550199@" + far + ";maddr=127.0.0.1"},
			{to: "/sip:+3225550199@" + far, vars: map[string]string{"PJSIP_HEADER(add,Route)": "<sip:" + far + ";lr>"}},
			{to: "/sip:+3225550199@" + far, vars: map[string]string{"PJSIP_MEDIA_OFFER(audio)": "!all"}},
			{to: ""},
		} {
			var made struct{ ID string }
			status := c.ask(http.MethodPost, "/channels", url.Values{"endpoint": {e.Technology + "/" + e.Resource + dialled.to}, "app": {"intruder"}},
				map[string]any{"variables": dialled.vars}, &made)
			if status == http.StatusOK {
				tried++
				c.ask(http.MethodDelete, "/channels/"+made.ID, nil, nil, nil)
			}
		}
	}
	select {
	case err := <-thrownOut:
		t.Errorf("the application ended before it was done: %v", err)
	default:
	}
	if tried < 5*len(endpoints) {
		t.Errorf("only %d calls through %d endpoints could be tried", tried, len(endpoints))
	}
	// Some of it may take its time.
	x.later = append(x.later, func() {
		for len(arrived) > 0 {
			t.Errorf("a call went out:\n%s", <-arrived)
		}
		if n := came.Load(); n > 0 {
			t.Errorf("%d connections went out", n)
		}
		if said := x.carrier.said(); strings.Contains(said, "INVITE") {
			t.Errorf("the carrier was called:\n%s", said)
		}
	})
}
