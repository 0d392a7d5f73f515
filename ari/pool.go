package ari

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"
)

// idleLimit is how long a connection is kept unused: below the 15 s after
// which Asterisk closes it (session_keep_alive), so that a request does not
// meet a connection that is just being closed.
const idleLimit = 10 * time.Second

var errClosed = errors.New("client is closed")

// pool keeps connections to one server, each for one request at a time.
//
// It stands in for http.Transport, which hands every request through two more
// goroutines, a third of the CPU of a call, and which decides for itself what
// it repeats. Here every request is made once.
type pool struct {
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	addr  string
	slots chan struct{} // one for each connection in use

	mu   sync.Mutex
	idle []*line // the one used last is at the end
	gone bool
}

func newPool(target *url.URL, cfg Config) *pool {
	dialer := &net.Dialer{Timeout: cfg.RequestTimeout}
	p := &pool{slots: make(chan struct{}, cfg.MaxConnections), dial: dialer.DialContext, addr: target.Host}
	port := "80"
	if target.Scheme == "https" {
		p.dial = (&tls.Dialer{NetDialer: dialer}).DialContext
		port = "443"
	}
	if target.Port() == "" {
		p.addr = net.JoinHostPort(target.Hostname(), port)
	}
	return p
}

// take finds a kept connection or makes one; if as many as may be are in use,
// it waits for one. Whoever takes it gives it back with keep or drop.
func (p *pool) take(ctx context.Context, until time.Time) (*line, error) {
	select {
	case p.slots <- struct{}{}:
	default:
		wait, cancel := context.WithDeadline(ctx, until)
		defer cancel()
		select {
		case p.slots <- struct{}{}:
		case <-wait.Done():
			return nil, wait.Err()
		}
	}
	l, err := p.kept()
	if l != nil {
		return l, nil
	}
	if err != nil {
		<-p.slots
		return nil, err
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	conn, err := p.dial(ctx, "tcp", p.addr)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return newLine(conn), nil
}

// kept is the connection that was used last, if it still stands.
func (p *pool) kept() (*line, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return nil, errClosed
	}
	for len(p.idle) > 0 {
		l := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if time.Since(l.used) < idleLimit && stands(l.conn) {
			return l, nil
		}
		l.conn.Close() //nolint:errcheck // it was closed over there
	}
	return nil, nil
}

// keep gives a connection back.
func (p *pool) keep(l *line) {
	l.used = time.Now()
	p.mu.Lock()
	if p.gone {
		l.conn.Close() //nolint:errcheck // nothing is pending on it
	} else {
		p.idle = append(p.idle, l)
	}
	p.mu.Unlock()
	<-p.slots
}

// drop closes a connection on which something went wrong.
func (p *pool) drop(l *line) {
	l.conn.Close() //nolint:errcheck // it is given up
	<-p.slots
}

// close closes what is kept, and later what is given back.
func (p *pool) close() {
	p.mu.Lock()
	p.gone = true
	p.mu.Unlock()
	p.flush()
}

// flush closes what is kept. Where one connection is dead without a word, the
// others are likely to be.
func (p *pool) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.idle {
		l.conn.Close() //nolint:errcheck // nothing is pending on it
	}
	p.idle = nil
}
