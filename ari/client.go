package ari

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"glennline/voicemail"
)

// Serve takes one call from its arrival to its end. Its context ends with
// Run's, and when another client took the application over.
type Serve func(context.Context, *Call, voicemail.Arrival)

// Client is one connection to one Asterisk under one application name. All its
// methods may be called at any time from any goroutine.
type Client struct {
	cfg      Config
	root     *url.URL
	wire     *transport
	events   *http.Client // for the websocket's handshake
	basic    string
	calls    *registry
	made     time.Time
	system   atomic.Pointer[System]
	socket   atomic.Pointer[socket] // nil while there is none
	stats    counters
	replaced chan struct{} // closed when another client has taken over
	owner    ownership     // by keepConnected alone
	close    sync.Once

	asked atomic.Int64 // when the ping went out that has no answer yet, since made; 0 for none
	stood atomic.Int64 // when Asterisk or we last came out of a stop, since made

	clockTold atomic.Bool // on this connection, that Asterisk's clock is not ours
}

// New makes a client, which does nothing before Run but to carry requests.
// Whoever made it closes it.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	root, err := cfg.root()
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg, root: root, calls: newRegistry(), made: time.Now(),
		basic:    "Basic " + base64.StdEncoding.EncodeToString([]byte(cfg.User+":"+cfg.Password)),
		replaced: make(chan struct{}), owner: ownership{id: rand.Text()},
	}
	c.wire = newTransport(root, cfg, c.basic, &c.stats)
	c.wire.dated = c.compareClocks
	// A transport of its own, so that the socket takes no place in the pool.
	c.events = &http.Client{Transport: &http.Transport{DisableCompression: true}}
	return c, nil
}

// Close frees the kept connections. Run must have returned.
func (c *Client) Close() {
	c.close.Do(func() {
		c.wire.close()
		c.events.CloseIdleConnections()
	})
}

// Connected says whether events arrive now, as far as the last ping tells.
func (c *Client) Connected() bool { return c.stats.connections.Load() > 0 }

// Stats reads the counters.
func (c *Client) Stats() Stats { return c.stats.read() }

// Run connects and keeps connected, and gives each call that arrives to serve
// in a goroutine of its own.
//
// When ctx ends, Run takes no more calls, waits for those it has (their
// contexts end too, but none is hung up from here, and events still reach
// them), closes the socket and returns nil. Whoever wants calls to finish
// first keeps new ones away and waits until Stats().Calls is 0 before it ends
// ctx. Otherwise Run returns only with ErrReplaced, or with ErrUnauthorized if
// the very first connect was refused. Where the application is taken by somebody
// who is no glennline, it is taken back. Run can be called once.
func (c *Client) Run(ctx context.Context, serve Serve) error {
	work, end := context.WithCancel(ctx)
	defer end()
	// Events have to flow until the last call is over.
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	c.calls.open(work, serve)

	var closer sync.WaitGroup
	closer.Go(func() {
		<-work.Done()
		c.calls.close()
		stop()
	})
	err := c.keepConnected(life)
	if errors.Is(err, ErrReplaced) {
		close(c.replaced)
	}
	end()
	closer.Wait()
	return err
}

// keepConnected returns nil when ctx ends.
func (c *Client) keepConnected(ctx context.Context) error {
	pause := c.cfg.ReconnectMin
	failed := false // logged once for each outage
	for {
		before := c.stats.connects.Load()
		err := c.session(ctx)
		c.wire.pool.flush()
		connects := c.stats.connects.Load()
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the socket was closed because ctx ended
		case errors.Is(err, ErrReplaced):
			return err
		case errors.Is(err, ErrUnauthorized) && connects == 0:
			return err
		case errors.Is(err, errTaken):
			pause, failed = c.lostTo(time.Now()), true
		case connects > before:
			c.cfg.Log.Warn("socket to asterisk lost, connecting again", zap.Error(err),
				zap.Int64("calls", c.stats.calls.Load()))
			pause, failed = c.cfg.ReconnectMin, true
		case !failed:
			c.cfg.Log.Warn("asterisk cannot be reached, trying on", zap.Error(err))
			failed = true
		default:
			c.cfg.Log.Debug("asterisk cannot be reached", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(max(2*pause, c.cfg.ReconnectMin), c.cfg.ReconnectMax)
	}
}
