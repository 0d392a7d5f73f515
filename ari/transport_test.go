package ari_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"glennline/ari"
	"glennline/ari/aritest"
)

// poke makes one request that changes something.
func poke(ctx context.Context, r *rig) error { return r.client.SetGlobal(ctx, "X", "1") }

func TestConnectionsAreKept(t *testing.T) {
	server := aritest.New(t)
	r := prepare(t, server)
	for range 100 {
		if err := poke(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("%d connections for 100 requests, one after the other", n)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	server := aritest.New(t)
	server.Fail("POST", 40, aritest.Fault{Wait: 5 * time.Millisecond})
	r := prepare(t, server, func(c *ari.Config) { c.MaxConnections = 4 })
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if err := poke(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := server.Connections(); n < 2 || n > 4 {
		t.Errorf("%d connections for 40 requests at once", n)
	}
}

// Nothing between us and Asterisk may make a request twice by itself.
func TestPostIsMadeOnce(t *testing.T) {
	for name, fault := range map[string]aritest.Fault{
		"after the effect":  {Hang: true},
		"before the effect": {Status: 1, Hang: true},
	} {
		t.Run(name, func(t *testing.T) {
			server := aritest.New(t)
			r := prepare(t, server)
			if err := poke(t.Context(), r); err != nil { // so that the connection is a kept one
				t.Fatal(err)
			}
			server.Fail("POST", 1, fault)
			err := poke(t.Context(), r)
			var lost *ari.RequestError
			if !errors.As(err, &lost) || !lost.Sent || lost.Timeout() || lost.Method != "POST" || lost.Path != "/asterisk/variable" {
				t.Errorf("error is %+v, %v", lost, err)
			}
			if n := server.Requested("POST"); n != 2 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// Asterisk closes a connection that is idle for too long. The next request
// takes another and does not fail.
func TestIdleConnectionIsClosed(t *testing.T) {
	server := aritest.New(t)
	r := prepare(t, server)
	for range 3 {
		if err := poke(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		server.CloseIdle()
	}
	if n := server.Requested("POST"); n != 3 {
		t.Errorf("%d requests", n)
	}
}

func TestRequestDeadline(t *testing.T) {
	for name, fault := range map[string]func(*aritest.Server){
		"mute":   func(s *aritest.Server) { s.Fail("POST", 1, aritest.Fault{Mute: true}) },
		"frozen": (*aritest.Server).FreezeAll,
	} {
		t.Run(name, func(t *testing.T) {
			server := aritest.New(t)
			r := prepare(t, server, func(c *ari.Config) { c.RequestTimeout = 50 * time.Millisecond })
			fault(server)
			err := poke(t.Context(), r)
			var lost *ari.RequestError
			if !errors.As(err, &lost) || !lost.Sent || !lost.Timeout() {
				t.Errorf("error is %+v, %v", lost, err)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	server := aritest.New(t)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() //nolint:errcheck // its address is what is wanted
	r := prepare(t, server, func(c *ari.Config) { c.URL = "http://" + l.Addr().String() + "/ari" })
	err = poke(t.Context(), r)
	var lost *ari.RequestError
	if !errors.As(err, &lost) || lost.Sent {
		t.Errorf("error is %+v, %v", lost, err)
	}
}

func TestContextEndsARequest(t *testing.T) {
	server := aritest.New(t)
	server.Fail("GET", 1, aritest.Fault{Mute: true})
	r := prepare(t, server, func(c *ari.Config) { c.RequestTimeout = time.Hour })
	ctx, cancel := context.WithCancel(t.Context())
	asked := later(func() (ari.System, error) { return r.client.Info(ctx) })
	server.Await("the request", func() bool { return server.Requested("GET") == 1 })
	cancel()
	wantErr(t, receive(t, "its end", asked).err, context.Canceled)
	if _, err := r.client.Info(t.Context()); err != nil {
		t.Errorf("the next request: %v", err)
	}
}

func TestDeadlineOfTheContextCounts(t *testing.T) {
	server := aritest.New(t)
	server.Fail("GET", 1, aritest.Fault{Mute: true})
	r := prepare(t, server, func(c *ari.Config) { c.RequestTimeout = time.Hour })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := r.client.Info(ctx)
	var lost *ari.RequestError
	if !errors.As(err, &lost) || !lost.Timeout() {
		t.Errorf("error is %+v, %v", lost, err)
	}
}

func TestClosedClient(t *testing.T) {
	server := aritest.New(t)
	r := prepare(t, server)
	r.client.Close()
	r.client.Close()
	if err := poke(t.Context(), r); err == nil {
		t.Error("a closed client made a request")
	}
}

// The library's requests must not follow whatever is on the default client.
func TestDefaultTransportStaysAsItIs(t *testing.T) {
	server := aritest.New(t)
	prepare(t, server)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL()+"/asterisk/info", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(aritest.User, aritest.Password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // a test
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status is %s", resp.Status)
	}
}
