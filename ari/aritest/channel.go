package aritest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Caller is what a call brings with it. The zero value is a call from an
// allowed number to 025550100.
type Caller struct {
	ID           string // the channel's; numbered if empty
	Number       string
	Presentation string
	Dialled      string
	To           string // headers, not escaped
	Diversion    string
	HistoryInfo  string
	Trunk        string
	Args         []string // instead of those that follow from the above
}

// Channel is one call.
type Channel struct {
	ID     string
	CallID string

	s       *Server
	caller  Caller
	args    []string
	created string
	state   string
	inApp   bool
	cause   string // why we hung up
	play    *playback
	queue   []*playback // what waits behind play
	rec     *recording

	variables map[string]string
}

// Ring lets a call arrive.
func (s *Server) Ring(c Caller) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.add(c, "Ring")
	s.start(ch)
	return ch
}

// Leave puts a call into the application of which no event tells, as if a
// client that is gone had it. Its state is Ring, or Up if it was answered.
func (s *Server) Leave(c Caller, state string) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(c, state)
}

// Announce sends the StasisStart of a channel, again if need be.
func (ch *Channel) Announce() {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	ch.s.start(ch)
}

func (s *Server) add(c Caller, state string) *Channel {
	s.created++
	if c.ID == "" {
		c.ID = fmt.Sprintf("1763814000.%d", s.created)
	}
	if c.Number == "" {
		c.Number = "+3225550199"
	}
	if c.Presentation == "" {
		c.Presentation = "allowed_not_screened"
	}
	if c.Dialled == "" {
		c.Dialled = "025550100"
	}
	ch := &Channel{
		ID: c.ID, CallID: fmt.Sprintf("%d-test@127.0.0.1", s.created),
		s: s, caller: c, created: now(), state: state, inApp: true,
		args: []string{
			"v2", c.Dialled, c.Presentation,
			url.PathEscape(c.To), url.PathEscape(c.Diversion), url.PathEscape(c.HistoryInfo), c.Trunk,
		},
	}
	if c.Args != nil {
		ch.args = c.Args
	}
	for i := range ch.args[min(3, len(ch.args)):] {
		ch.args[3+i] = strings.ReplaceAll(ch.args[3+i], ",", "%2C")
	}
	s.channels[ch.ID] = ch
	return ch
}

func (s *Server) start(ch *Channel) {
	s.send("StasisStart", map[string]any{"args": ch.args, "channel": ch.json()})
}

func (ch *Channel) json() map[string]any {
	return map[string]any{
		"id": ch.ID, "name": "PJSIP/trunk-0000", "state": ch.state, "protocol_id": ch.CallID,
		"caller":    map[string]any{"name": "", "number": ch.caller.Number},
		"connected": map[string]any{"name": "", "number": ""}, "accountcode": "", "language": "en",
		"creationtime": ch.created,
		"dialplan": map[string]any{
			"context": "from-trunk", "exten": ch.caller.Dialled, "priority": 3,
			"app_name": "Stasis", "app_data": App + "," + strings.Join(ch.args, ","),
		},
	}
}

// Answered says whether the call was answered.
func (ch *Channel) Answered() bool {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	return ch.state == "Up"
}

// Gone says whether the channel is no more, and with what reason we hung up.
func (ch *Channel) Gone() (cause string, gone bool) {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	return ch.cause, ch.s.channels[ch.ID] == nil
}

// Hangup lets the caller hang up: what plays fails, what is recorded is done,
// and StasisEnd follows.
func (ch *Channel) Hangup() {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	ch.end()
}

// TakeBack takes the channel out of the application, which is told; it lives on.
func (ch *Channel) TakeBack() {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	ch.queue, ch.inApp = nil, false
	if ch.play != nil {
		ch.stopPlay("failed")
	}
	ch.s.send("StasisEnd", map[string]any{"channel": ch.json()})
}

// Vanish ends the channel without any event.
func (ch *Channel) Vanish() {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	ch.play, ch.queue, ch.rec, ch.inApp = nil, nil, nil, false
	delete(ch.s.channels, ch.ID)
}

// Press lets the caller press a key.
func (ch *Channel) Press(digit string) {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	ch.s.send("ChannelDtmfReceived", map[string]any{"digit": digit, "duration_ms": 100, "channel": ch.json()})
	if ch.rec != nil && !ch.rec.began.IsZero() && ch.rec.terminate == digit {
		ch.finish("done", 0)
	}
}

func (ch *Channel) end() {
	if ch.s.channels[ch.ID] == nil {
		return
	}
	ch.queue, ch.inApp = nil, false
	speech := ch.s.Speech
	if ch.play != nil {
		speech = 0
		ch.stopPlay("failed")
	}
	if ch.rec != nil {
		ch.finish("done", speech)
	}
	delete(ch.s.channels, ch.ID)
	ch.s.send("StasisEnd", map[string]any{"channel": ch.json()})
}

func (s *Server) showChannel(w http.ResponseWriter, _ *http.Request, ch *Channel) {
	reply(w, http.StatusOK, ch.json())
}

func (s *Server) answer(w http.ResponseWriter, _ *http.Request, ch *Channel) {
	ch.state = "Up"
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) hangup(w http.ResponseWriter, r *http.Request, ch *Channel) {
	ch.cause = r.URL.Query().Get("reason")
	ch.end()
	w.WriteHeader(http.StatusNoContent)
}
