package aritest

import (
	"net/http"
	"strings"
)

// Play begins a playback as a process which is gone had asked for it.
func (ch *Channel) Play(id string, media ...string) {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	uris := make([]string, len(media))
	for i, path := range media {
		uris[i] = "sound:" + path
	}
	ch.queue = append(ch.queue, &playback{id: id, media: uris, state: "queued"})
	ch.proceed()
}

// Record begins a recording in the same way, once nothing plays.
func (ch *Channel) Record(name string) {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	ch.s.names[name] = true
	ch.rec = &recording{name: name, terminate: "#"}
	ch.proceed()
}

// AskedFor says whether somebody asked for the recording that runs or waits.
func (ch *Channel) AskedFor() bool {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	return ch.rec != nil && ch.rec.asked
}

// Elsewhere makes the channel show the arguments of another application than
// Stasis().
func (ch *Channel) Elsewhere() {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	ch.args = nil
}

// Set sets a variable of the channel.
func (ch *Channel) Set(name, value string) {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	ch.set(name, value)
}

// Variable is the value of a variable of the channel.
func (ch *Channel) Variable(name string) string {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	return ch.variables[name]
}

func (ch *Channel) set(name, value string) {
	if ch.variables == nil {
		ch.variables = make(map[string]string)
	}
	ch.variables[name] = value
}

func (s *Server) getVariable(w http.ResponseWriter, r *http.Request, ch *Channel) {
	value, ok := ch.variables[r.URL.Query().Get("variable")]
	if !ok {
		refuse(w, http.StatusNotFound, "Provided variable was not found")
		return
	}
	reply(w, http.StatusOK, map[string]string{"value": value})
}

func (s *Server) setVariable(w http.ResponseWriter, r *http.Request, ch *Channel) {
	var in struct{ Variable, Value string }
	if !read(w, r, &in) {
		return
	}
	names, values := []string{in.Variable}, []string{in.Value}
	if several, ok := strings.CutPrefix(in.Variable, "ARRAY("); ok {
		names, values = strings.Split(strings.TrimSuffix(several, ")"), ","), strings.Split(in.Value, ",")
	}
	for i, name := range names {
		ch.set(name, values[i])
	}
	w.WriteHeader(http.StatusNoContent)
}
