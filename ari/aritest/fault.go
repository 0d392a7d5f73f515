package aritest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// Fault is what goes wrong with a request.
type Fault struct {
	// Status is answered instead, and nothing happens.
	Status int
	// Wait is how long the request waits before it takes effect.
	Wait time.Duration
	// Mute lets the request take effect, but never answers.
	Mute bool
	// Hang closes the connection: after the effect, or without one if Status
	// is set to anything.
	Hang bool
}

type fault struct {
	Fault
	request string
	times   int
}

// Fail makes the next requests fail that contain the text, "POST" or "/play/",
// as often as times says.
func (s *Server) Fail(request string, times int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{Fault: f, request: request, times: times})
}

func (s *Server) faultFor(request string) *fault {
	for _, f := range s.faults {
		if f.times > 0 && strings.Contains(request, f.request) {
			f.times--
			return f
		}
	}
	return nil
}

func (s *Server) failing(f *fault, next http.Handler, w http.ResponseWriter, r *http.Request) {
	if f.Wait > 0 {
		select {
		case <-s.closed:
		case <-time.After(f.Wait):
		}
	}
	switch {
	case f.Status != 0 && f.Hang:
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		refuse(w, f.Status, "made to fail")
	case f.Mute:
		next.ServeHTTP(httptest.NewRecorder(), r)
		select {
		case <-s.closed:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case f.Hang:
		next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		next.ServeHTTP(w, r)
	}
}

// twist is what goes wrong with an event.
type twist struct {
	kind   string
	times  int
	copies int // 0 lost, 2 doubled, -1 after the next event, -2 when released
}

// Lose keeps the next events of a type back for good.
func (s *Server) Lose(kind string, times int) { s.twist(kind, times, 0) }

// Double sends the next events of a type twice.
func (s *Server) Double(kind string, times int) { s.twist(kind, times, 2) }

// Swap sends the next event of a type after the one that follows it.
func (s *Server) Swap(kind string) { s.twist(kind, 1, -1) }

// Hold keeps the next event of a type back until Release.
func (s *Server) Hold(kind string) { s.twist(kind, 1, -2) }

// Behind makes the events from now on so old, as a client finds them that was
// stopped.
func (s *Server) Behind(age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind = age
}

// Release sends what was held.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.current(); k != nil && s.held != nil {
		k.out <- s.held
		s.held = nil
	}
}

func (s *Server) twist(kind string, times, copies int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twists = append(s.twists, &twist{kind, times, copies})
}

// twisted is what is sent instead of an event.
func (s *Server) twisted(kind string, body []byte) [][]byte {
	out := [][]byte{body}
	for _, t := range s.twists {
		if t.kind != kind || t.times == 0 {
			continue
		}
		t.times--
		switch t.copies {
		case 0:
			return nil
		case 2:
			out = append(out, body)
		case -2:
			s.held = body
			return nil
		default:
			s.swapped = body
			return nil
		}
		break
	}
	if s.swapped != nil {
		out = append(out, s.swapped)
		s.swapped = nil
	}
	return out
}
