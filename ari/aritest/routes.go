package aritest

import (
	"encoding/json"
	"net/http"
	"slices"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ari/events", s.events)
	mux.HandleFunc("GET /ari/asterisk/info", s.info)
	mux.HandleFunc("POST /ari/asterisk/variable", s.setGlobal)
	mux.HandleFunc("GET /ari/asterisk/variable", s.getGlobal)
	mux.HandleFunc("GET /ari/applications/{app}", s.application)
	mux.HandleFunc("PUT /ari/applications/{app}/eventFilter", s.setFilter)
	mux.HandleFunc("GET /ari/channels/{id}", s.onChannel(s.showChannel))
	mux.HandleFunc("GET /ari/channels/{id}/variable", s.onChannel(s.getVariable))
	mux.HandleFunc("POST /ari/channels/{id}/variable", s.onChannel(s.setVariable))
	mux.HandleFunc("DELETE /ari/channels/{id}", s.onChannel(s.hangup))
	mux.HandleFunc("POST /ari/channels/{id}/answer", s.onChannel(s.answer))
	mux.HandleFunc("POST /ari/channels/{id}/play/{playback}", s.onChannel(s.play))
	mux.HandleFunc("POST /ari/channels/{id}/record", s.onChannel(s.record))
	mux.HandleFunc("GET /ari/playbacks/{id}", s.showPlayback)
	mux.HandleFunc("DELETE /ari/playbacks/{id}", s.stopPlayback)
	mux.HandleFunc("GET /ari/recordings/live/{name}", s.showRecording)
	mux.HandleFunc("POST /ari/recordings/live/{name}/stop", s.stopRecording)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "Resource not found")
	})
	return mux
}

func (s *Server) info(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{
		"build":  map[string]any{"os": "Linux"},
		"system": map[string]any{"version": "22.0.0", "entity_id": "02:00:00:00:00:01"},
		"config": map[string]any{"name": System, "default_language": "en", "setid": map[string]any{}},
		"status": map[string]any{"startup_time": now(), "last_reload_time": now()},
	})
}

func (s *Server) setGlobal(w http.ResponseWriter, r *http.Request) {
	var in struct{ Variable, Value string }
	if !read(w, r, &in) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.globals[in.Variable] = in.Value
	w.WriteHeader(http.StatusNoContent)
}

// getGlobal answers as Asterisk does: a variable that is not set is empty.
func (s *Server) getGlobal(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, map[string]string{"value": s.Global(r.URL.Query().Get("variable"))})
}

func (s *Server) application(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.PathValue("app") != App || len(s.sockets) == 0 {
		refuse(w, http.StatusNotFound, "Application not found")
		return
	}
	reply(w, http.StatusOK, s.applicationJSON())
}

func (s *Server) applicationJSON() map[string]any {
	ids := []string{}
	for id, ch := range s.channels {
		if ch.inApp {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return map[string]any{
		"name": App, "channel_ids": ids,
		"bridge_ids": []string{}, "endpoint_ids": []string{}, "device_names": []string{},
	}
}

func (s *Server) setFilter(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Allowed []struct{ Type string }
	}
	if !read(w, r, &in) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.PathValue("app") != App || len(s.sockets) == 0 {
		refuse(w, http.StatusNotFound, "Application not found")
		return
	}
	s.allowed = nil
	for _, a := range in.Allowed {
		s.allowed = append(s.allowed, a.Type)
	}
	reply(w, http.StatusOK, s.applicationJSON())
}

// onChannel finds the channel and holds the server's lock for the handler.
func (s *Server) onChannel(h func(http.ResponseWriter, *http.Request, *Channel)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		ch := s.channels[r.PathValue("id")]
		switch {
		case ch == nil:
			refuse(w, http.StatusNotFound, "Channel not found")
		case !ch.inApp && r.Method == http.MethodPost:
			refuse(w, http.StatusConflict, "Channel not in Stasis application")
		default:
			h(w, r, ch)
		}
	}
}

func read(w http.ResponseWriter, r *http.Request, in any) bool {
	if err := json.NewDecoder(r.Body).Decode(in); err != nil {
		refuse(w, http.StatusBadRequest, "Error parsing request body")
		return false
	}
	return true
}
