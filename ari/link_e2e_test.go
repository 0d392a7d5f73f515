//go:build e2e

package ari_test

import (
	"net"
	"sync"
	"testing"
)

// link carries connections to an address, and can cut or freeze them.
type link struct {
	listener net.Listener
	to       string
	work     sync.WaitGroup

	mu     sync.Mutex
	pairs  []*pair
	closed bool
}

type pair struct {
	near, far net.Conn
	mu        sync.Mutex // held while frozen
	frozen    bool
}

func newLink(t *testing.T, to string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // returns at once
	if err != nil {
		t.Fatal(err)
	}
	l := &link{listener: listener, to: to}
	l.work.Go(l.accept)
	t.Cleanup(func() {
		listener.Close() //nolint:errcheck // the test is over
		l.mu.Lock()
		l.closed = true
		l.mu.Unlock()
		l.cut()
		l.work.Wait()
	})
	return l
}

func (l *link) addr() string { return l.listener.Addr().String() }

func (l *link) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.to) //nolint:noctx // on loopback
		if err != nil {
			near.Close() //nolint:errcheck // that is the answer
			continue
		}
		p := &pair{near: near, far: far}
		l.mu.Lock()
		if l.closed {
			near.Close() //nolint:errcheck // the test is over
			far.Close()  //nolint:errcheck // the same
		}
		l.pairs = append(l.pairs, p)
		l.mu.Unlock()
		l.work.Go(func() { p.carry(near, far) })
		l.work.Go(func() { p.carry(far, near) })
	}
}

func (p *pair) carry(from, to net.Conn) {
	defer from.Close() //nolint:errcheck // one end was closed
	defer to.Close()   //nolint:errcheck // the same
	buf := make([]byte, 16384)
	for {
		n, err := from.Read(buf)
		p.thawed()
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// thawed waits while the pair is frozen.
func (p *pair) thawed() {
	p.mu.Lock()
	defer p.mu.Unlock()
}

// cut closes every connection, and thaws the frozen ones to do so.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.pairs {
		p.near.Close() //nolint:errcheck // that is the point
		p.far.Close()  //nolint:errcheck // the same
		if p.frozen {
			p.frozen = false
			p.mu.Unlock()
		}
	}
	l.pairs = nil
}

// freeze lets nothing through any more on the connections there are. New ones
// work.
func (l *link) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.pairs {
		if !p.frozen {
			p.mu.Lock()
			p.frozen = true
		}
	}
}
