package ari

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// maxEvent bounds one event, in bytes. Real ones are under 2 KiB.
const maxEvent = 1 << 20

// goodbye is how long Asterisk has to answer the closing of the socket.
const goodbye = time.Second

// socket is one connected websocket.
type socket struct {
	conn  *websocket.Conn
	under net.Conn     // what conn runs on
	heard atomic.Int64 // when the last message came, in nanoseconds since made
	made  time.Time
}

// session connects, looks after the calls and reads events until ctx ends or
// the socket is lost; then it says why.
func (c *Client) session(ctx context.Context) error {
	if err := c.own(ctx); err != nil {
		return err
	}
	s, err := c.dial(ctx, nil)
	if err != nil {
		return err
	}
	defer s.conn.CloseNow() //nolint:errcheck // it may be closed already

	// Events that come meanwhile wait in the socket.
	if err := c.setFilter(ctx, wanted()); err != nil {
		return err
	}
	system, err := c.Info(ctx)
	if err != nil {
		return err
	}
	c.system.Store(&system)
	c.cfg.Log.Info("connected to asterisk",
		zap.String("system", system.ID()), zap.String("version", system.Version))
	c.clockTold.Store(false)
	c.owner.since = time.Now()
	c.stats.connects.Add(1)
	c.stats.connections.Add(1)
	defer c.stats.connections.Add(-1)
	c.stoodStill() // as far as anybody knows
	c.socket.Store(s)
	defer c.socket.Store(nil)

	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return c.read(within, s, c.handle) })
	group.Go(func() error { return c.ping(within, s) })
	group.Go(func() error { return c.look(within) })
	group.Go(func() error {
		<-within.Done()
		s.end(ctx.Err() != nil)
		return nil
	})
	return group.Wait()
}

// dial opens the websocket, with more to be asked for than our application.
func (c *Client) dial(ctx context.Context, more url.Values) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout)
	defer cancel()
	events := c.root.JoinPath("events")
	query := url.Values{"app": {c.cfg.App}}
	maps.Copy(query, more)
	events.RawQuery = query.Encode()
	var under net.Conn
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { under = info.Conn },
	})
	conn, resp, err := websocket.Dial(ctx, events.String(), &websocket.DialOptions{ //nolint:bodyclose // Dial closes it
		HTTPClient:      c.events,
		HTTPHeader:      http.Header{"Authorization": {c.basic}},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if resp != nil && (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden) {
			return nil, ErrUnauthorized
		}
		return nil, fmt.Errorf("events: %w", err)
	}
	conn.SetReadLimit(maxEvent)
	return &socket{conn: conn, under: under, made: time.Now()}, nil
}

// read hands every event that arrives to handle. It blocks on nothing but the
// socket.
func (c *Client) read(ctx context.Context, s *socket, handle func([]byte) error) error {
	// A context that can end would cost a goroutine's setup for each event;
	// closing the socket ends the reading as well.
	ctx = context.WithoutCancel(ctx)
	var event bytes.Buffer
	for {
		_, r, err := s.conn.Reader(ctx)
		if err != nil {
			return fmt.Errorf("events: %w", err)
		}
		event.Reset()
		if _, err := event.ReadFrom(r); err != nil {
			return fmt.Errorf("events: %w", err)
		}
		s.heard.Store(int64(time.Since(s.made)))
		if err := handle(event.Bytes()); err != nil {
			return err
		}
	}
}

// ping notices a peer that is gone without a word, which no read ever would.
func (c *Client) ping(ctx context.Context, s *socket) error {
	ticker := time.NewTicker(c.cfg.PingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		sent := time.Since(s.made)
		within, cancel := context.WithTimeout(ctx, c.cfg.SilenceLimit)
		answered := c.asking()
		err := s.conn.Ping(within)
		answered()
		cancel()
		switch {
		case err == nil, ctx.Err() != nil:
		case time.Duration(s.heard.Load()) > sent: // busy, not gone
		case time.Since(s.made)-sent > c.cfg.SilenceLimit+stall: // it is us who were stopped
		default:
			return fmt.Errorf("no answer to a ping within %v: %w", c.cfg.SilenceLimit, err)
		}
	}
}

// end closes the socket: with a word if we leave, at once if it is lost.
func (s *socket) end(leaving bool) {
	if leaving {
		// Close would wait for ten seconds, and nothing else but this stops it.
		timer := time.AfterFunc(goodbye, func() { s.under.Close() }) //nolint:errcheck // given up
		defer timer.Stop()
		s.conn.Close(websocket.StatusNormalClosure, "") //nolint:errcheck // we leave anyway
		return
	}
	s.conn.CloseNow() //nolint:errcheck // it is lost
}
