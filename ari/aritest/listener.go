package aritest

import (
	"context"
	"net"
	"sync"
)

// listener makes connections that can be frozen: they stay open, but nothing
// goes through, as when a network drops every packet or a peer is stopped.
type listener struct {
	net.Listener
	mu    sync.Mutex
	conns []*conn
	ice   chan struct{} // nil, or closed at the thaw; new connections freeze too
}

func newListener(l net.Listener) *listener { return &listener{Listener: l} }

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fc := &conn{Conn: c, ice: l.ice, closed: make(chan struct{})}
	l.conns = append(l.conns, fc)
	return fc, nil
}

func (l *listener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// closeAll closes every connection, the frozen ones as well.
func (l *listener) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.Close() //nolint:errcheck // it may be closed already
	}
}

// Freeze freezes the websocket that is connected, and nothing else: requests
// are answered, and a new websocket works.
func (s *Server) Freeze() {
	s.mu.Lock()
	k := s.current()
	s.mu.Unlock()
	if k != nil {
		k.conn.(*conn).freeze(make(chan struct{}))
	}
}

// FreezeAll freezes every connection, those that are yet to come as well.
func (s *Server) FreezeAll() {
	l := s.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ice = make(chan struct{})
	for _, c := range l.conns {
		c.freeze(l.ice)
	}
}

// Thaw undoes FreezeAll. What was frozen goes through late.
func (s *Server) Thaw() {
	l := s.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ice != nil {
		close(l.ice)
		l.ice = nil
	}
}

type conn struct {
	net.Conn
	mu     sync.Mutex
	ice    chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (c *conn) freeze(ice chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ice = ice
}

// wait waits for the thaw.
func (c *conn) wait() error {
	c.mu.Lock()
	ice := c.ice
	c.mu.Unlock()
	if ice == nil || isClosed(ice) {
		return nil
	}
	select {
	case <-ice:
		return c.wait() // it may be frozen again
	case <-c.closed:
		return net.ErrClosed
	}
}

func (c *conn) Read(b []byte) (int, error) {
	if err := c.wait(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if waited := c.wait(); waited != nil { // frozen while it waited for bytes
		return 0, waited
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	if err := c.wait(); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func connOf(ctx context.Context) net.Conn {
	c, _ := ctx.Value(connKey{}).(net.Conn)
	return c
}

// CloseIdle closes the connections on which no request runs, as Asterisk does
// after session_keep_alive, and waits until that is so.
func (s *Server) CloseIdle() {
	s.http.Config.SetKeepAlivesEnabled(false)
	s.http.Config.SetKeepAlivesEnabled(true)
}
