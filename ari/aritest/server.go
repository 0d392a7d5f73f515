// Package aritest is a scripted Asterisk for tests: the part of ARI that
// package ari uses, over real HTTP and a real websocket, with the answers and
// events that Asterisk 22 was seen to give. It plays silence, records nothing,
// and can be told to fail: see Server.Fail for requests, Server.Lose, Double,
// Swap and Hold for events, and Server.Cut, Freeze and Replace for the socket.
package aritest

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a client needs to connect, besides Server.URL.
const (
	User     = "glennline"
	Password = "not a secret"
	App      = "glennline"
)

// System is the system name that the server gives.
const System = "test-pbx"

// Server is one Asterisk. Its exported fields are set before the first call.
type Server struct {
	// ItemLength is how long each medium of a playback takes; 60 ms if not
	// set. A client cannot take less than 50 ms for played.
	ItemLength time.Duration
	// Speech is the length that a recording is reported to have when the
	// caller hangs up.
	Speech time.Duration
	// Ahead is how far its clock goes ahead of the machine's, by its answers.
	Ahead time.Duration
	// OnRecord, if set, is called in a goroutine of its own when a recording
	// begins, and ends it with Channel.Finish when it likes.
	OnRecord func(ch *Channel, name string)

	t        testing.TB
	http     *httptest.Server
	listener *listener

	mu       sync.Mutex
	channels map[string]*Channel
	created  int
	sockets  []*socket // every one there was; the last has the application
	allowed  []string  // the event filter; nil for all
	names    map[string]bool
	missing  map[string]bool
	globals  map[string]string
	faults   []*fault
	twists   []*twist
	swapped  []byte // events that wait for another, or for Release
	held     []byte
	behind   time.Duration
	requests []string
	work     sync.WaitGroup
	closed   chan struct{}
}

// New starts a server that is closed when the test ends.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		ItemLength: 60 * time.Millisecond, t: t,
		channels: make(map[string]*Channel), names: make(map[string]bool),
		missing: make(map[string]bool), globals: make(map[string]string),
		closed: make(chan struct{}),
	}
	s.http = httptest.NewUnstartedServer(s.gate(s.routes()))
	s.listener = newListener(s.http.Listener)
	s.http.Listener = s.listener
	s.http.Config.ConnContext = withConn
	s.http.Start()
	t.Cleanup(s.close)
	return s
}

// URL is the ARI root.
func (s *Server) URL() string { return s.http.URL + "/ari" }

func (s *Server) close() {
	close(s.closed)
	s.listener.closeAll()
	s.http.Close()
	s.work.Wait()
}

// Missing makes a medium one that cannot be opened.
func (s *Server) Missing(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missing["sound:"+path] = true
}

// Global is the value of a global variable.
func (s *Server) Global(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.globals[name]
}

// Requests are the requests so far, "POST /channels/1.1/answer", oldest first,
// those that were made to fail among them.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Requested counts the requests that contain the text.
func (s *Server) Requested(text string) int {
	n := 0
	for _, r := range s.Requests() {
		if strings.Contains(r, text) {
			n++
		}
	}
	return n
}

// Connections counts the TCP connections there ever were.
func (s *Server) Connections() int { return s.listener.count() }

// Await waits until cond, called with the server's lock released, is true; the
// test fails if that takes ten seconds.
func (s *Server) Await(what string, cond func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain: %s; requests:\n%s", what, strings.Join(s.Requests(), "\n"))
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// gate checks the password, notes the request, and makes it fail if told so.
func (s *Server) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(s.Ahead).UTC().Format(http.TimeFormat))
		user, password, _ := r.BasicAuth()
		if user != User || subtle.ConstantTimeCompare([]byte(password), []byte(Password)) != 1 {
			refuse(w, http.StatusUnauthorized, "Authentication required")
			return
		}
		path := strings.TrimPrefix(r.URL.EscapedPath(), "/ari")
		request := r.Method + " " + path
		s.mu.Lock()
		s.requests = append(s.requests, request)
		f := s.faultFor(request)
		s.mu.Unlock()
		if f == nil {
			next.ServeHTTP(w, r)
			return
		}
		s.failing(f, next, w, r)
	})
}

// reply answers like Asterisk: compact JSON with its length.
func reply(w http.ResponseWriter, code int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(code)
	w.Write(body) //nolint:errcheck // the client may be gone
}

func refuse(w http.ResponseWriter, code int, message string) {
	reply(w, code, map[string]string{"message": message})
}

// now is the time as Asterisk writes it.
func now() string { return stamp(time.Now()) }

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000-0700") }
