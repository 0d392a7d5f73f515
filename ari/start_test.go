package ari_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"glennline/ari"
	"glennline/ari/aritest"
	"glennline/voicemail"
)

// rig is a client that is connected to a scripted Asterisk.
type rig struct {
	*testing.T
	server *aritest.Server
	client *ari.Client
	calls  chan served // every call that was served
	strays chan served
	stop   context.CancelFunc // ends Run
	ended  chan error         // what Run returned
}

// served is a call that waits in its serve function until its context has ended.
type served struct {
	*ari.Call
	done    <-chan struct{} // closed when its context has ended
	arrival voicemail.Arrival
}

// start connects a client that keeps short times. It is ended with the test.
func start(t *testing.T, changes ...func(*ari.Config)) *rig {
	t.Helper()
	server := aritest.New(t)
	return join(t, server, changes...)
}

func join(t *testing.T, server *aritest.Server, changes ...func(*ari.Config)) *rig {
	t.Helper()
	r := prepare(t, server, changes...)
	r.run()
	server.Await("the client to connect", func() bool { return r.client.Connected() })
	return r
}

// prepare makes a client that does not run yet.
func prepare(t *testing.T, server *aritest.Server, changes ...func(*ari.Config)) *rig {
	t.Helper()
	r := &rig{
		T: t, server: server, ended: make(chan error, 1),
		calls: make(chan served, 1000), strays: make(chan served, 1000),
	}
	cfg := ari.DefaultConfig()
	cfg.URL, cfg.User, cfg.Password, cfg.App = server.URL(), aritest.User, aritest.Password, aritest.App
	cfg.Log = zaptest.NewLogger(t)
	cfg.PingInterval, cfg.SilenceLimit = 50*time.Millisecond, 300*time.Millisecond
	cfg.ReconnectMin, cfg.ReconnectMax = time.Millisecond, 20*time.Millisecond
	cfg.Grace = 100 * time.Millisecond
	cfg.SweepInterval = time.Hour
	cfg.Stray = r.keep(r.strays)
	for _, change := range changes {
		change(&cfg)
	}
	client, err := ari.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r.client = client
	return r
}

func (r *rig) run() {
	ctx, stop := context.WithCancel(r.Context())
	r.stop = stop
	var runs sync.WaitGroup
	runs.Go(func() { r.ended <- r.client.Run(ctx, r.keep(r.calls)) })
	r.Cleanup(func() { stop(); runs.Wait() })
}

// keep is a serve function that hands the call to the test.
func (r *rig) keep(to chan served) func(context.Context, *ari.Call, voicemail.Arrival) {
	return func(ctx context.Context, call *ari.Call, arrival voicemail.Arrival) {
		to <- served{call, ctx.Done(), arrival}
		<-ctx.Done()
	}
}

// next is the next call that is served.
func (r *rig) next() served {
	r.Helper()
	return receive(r.T, "a call", r.calls)
}

// ring lets a call arrive and returns both of its ends.
func (r *rig) ring() (*aritest.Channel, served) {
	r.Helper()
	ch := r.server.Ring(aritest.Caller{})
	return ch, r.next()
}

// result is what Run returned.
func (r *rig) result() error {
	r.Helper()
	return receive(r.T, "Run to return", r.ended)
}

// receive waits for a value.
func receive[V any](t *testing.T, what string, from <-chan V) V {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// later runs a step in the background.
func later[V any](step func() (V, error)) <-chan outcome[V] {
	done := make(chan outcome[V], 1)
	go func() {
		v, err := step()
		done <- outcome[V]{v, err}
	}()
	return done
}

type outcome[V any] struct {
	value V
	err   error
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("error is %v, want %v", got, want)
	}
}
