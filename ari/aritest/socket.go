package aritest

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// socket is one client's websocket. Events wait in out until they are written.
type socket struct {
	ws   *websocket.Conn
	conn net.Conn
	out  chan []byte
	done chan struct{}
	live bool
}

// events takes a websocket. Whoever connects has the application from then on;
// who had it is told, if its filter lets that through.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	s.work.Add(1)
	defer s.work.Done()
	k := &socket{conn: connOf(r.Context()), out: make(chan []byte, 10000), done: make(chan struct{}), live: true}
	s.mu.Lock()
	s.send("ApplicationReplaced", map[string]any{})
	s.sockets = append(s.sockets, k)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		k.live = false
		s.mu.Unlock()
		close(k.done)
	}()
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	k.ws = ws
	s.work.Go(func() { k.write() })
	// Reading answers the pings and notices the end.
	for {
		if _, _, err := ws.Read(context.WithoutCancel(r.Context())); err != nil {
			ws.CloseNow() //nolint:errcheck // it is over
			return
		}
	}
}

func (k *socket) write() {
	ctx := context.Background() //nolint:usetesting // the socket ends it
	for {
		select {
		case <-k.done:
			return
		case event := <-k.out:
			if k.ws.Write(ctx, websocket.MessageText, event) != nil {
				return
			}
		}
	}
}

// current is the socket that has the application, or nil: then events are
// lost, as with Asterisk. The server's lock is held.
func (s *Server) current() *socket {
	if n := len(s.sockets); n > 0 && s.sockets[n-1].live {
		return s.sockets[n-1]
	}
	return nil
}

// send sends an event, as far as the filter and the twists let it through. The
// server's lock is held.
func (s *Server) send(kind string, event map[string]any) {
	k := s.current()
	if k == nil || s.allowed != nil && !slices.Contains(s.allowed, kind) {
		return
	}
	event["type"], event["timestamp"] = kind, stamp(time.Now().Add(-s.behind))
	event["application"], event["asterisk_id"] = App, "02:00:00:00:00:01"
	body, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	for _, b := range s.twisted(kind, body) {
		k.out <- b
	}
}

// Connected says whether a client has the application.
func (s *Server) Connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current() != nil
}

// Sockets counts the websockets there ever were.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// Filtered is the event filter that was set, nil if none was.
func (s *Server) Filtered() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.allowed)
}

// Cut breaks the websocket off without a word.
func (s *Server) Cut() {
	s.mu.Lock()
	k := s.current()
	if k != nil {
		k.live = false
	}
	s.mu.Unlock()
	if k != nil {
		k.conn.Close() //nolint:errcheck // that is the point
	}
}

// Replace has another glennline take the application over.
func (s *Server) Replace() {
	s.mu.Lock()
	for name := range s.globals {
		if strings.HasPrefix(name, "GL_OWNER_") {
			s.globals[name] = "another"
		}
	}
	s.mu.Unlock()
	s.Usurp()
}

// Usurp has somebody take the application over who may do nothing but read.
func (s *Server) Usurp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send("ApplicationReplaced", map[string]any{})
	if k := s.current(); k != nil {
		k.live = false
	}
}

// Garbage sends something that is no event.
func (s *Server) Garbage(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.current(); k != nil {
		k.out <- []byte(text)
	}
}
