package aritest

import (
	"net/http"
	"time"
)

type recording struct {
	name       string
	appends    bool
	terminate  string
	maxLength  int
	maxSilence int
	began      time.Time // zero as long as it waits behind a playback
	asked      bool      // somebody asked whether it runs
}

func (r *recording) elapsed() time.Duration { return time.Since(r.began) }

func (r *recording) json(ch *Channel, state string) map[string]any {
	return map[string]any{
		"name": r.name, "format": "wav", "state": state, "target_uri": "channel:" + ch.ID,
	}
}

// Recording is the name of the recording that runs on the channel, or "".
func (ch *Channel) Recording() string {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	if ch.rec == nil || ch.rec.began.IsZero() {
		return ""
	}
	return ch.rec.name
}

// Waiting is the name of the recording that waits behind a playback, or "".
func (ch *Channel) Waiting() string {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	if ch.rec == nil || !ch.rec.began.IsZero() {
		return ""
	}
	return ch.rec.name
}

// Appending says whether the recording that runs adds to an older one.
func (ch *Channel) Appending() bool {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	return ch.rec != nil && ch.rec.appends
}

// Limits are what the recording that runs was asked for, in seconds.
func (ch *Channel) Limits() (length, silence int) {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	if ch.rec == nil {
		return 0, 0
	}
	return ch.rec.maxLength, ch.rec.maxSilence
}

// Finish ends the recording with the length that Asterisk would report.
func (ch *Channel) Finish(length time.Duration) {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	if ch.rec != nil {
		ch.finish("done", length)
	}
}

// FailRecording ends the recording with RecordingFailed.
func (ch *Channel) FailRecording() {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	if ch.rec != nil {
		ch.finish("failed", 0)
	}
}

func (ch *Channel) finish(state string, length time.Duration) {
	j := ch.rec.json(ch, state)
	kind := "RecordingFinished"
	if state == "failed" {
		kind, j["cause"] = "RecordingFailed", "Cannot record channel while in bridge"
	} else {
		j["duration"] = int(length / time.Second)
	}
	ch.rec = nil
	ch.s.send(kind, map[string]any{"recording": j})
}

func (s *Server) record(w http.ResponseWriter, r *http.Request, ch *Channel) {
	var in struct {
		Name, Format, IfExists, TerminateOn   string
		MaxDurationSeconds, MaxSilenceSeconds int
		Beep                                  bool
	}
	if !read(w, r, &in) {
		return
	}
	switch {
	case in.Format != "wav":
		refuse(w, http.StatusUnprocessableEntity, "specified format is unknown on this system")
		return
	case s.recording(in.Name) != nil, s.names[in.Name] && in.IfExists == "fail":
		refuse(w, http.StatusConflict, "Recording '"+in.Name+"' already exists and can not be overwritten")
		return
	}
	s.names[in.Name] = true
	ch.state = "Up"
	ch.rec = &recording{
		name: in.Name, appends: in.IfExists == "append", terminate: in.TerminateOn,
		maxLength: in.MaxDurationSeconds, maxSilence: in.MaxSilenceSeconds,
	}
	reply(w, http.StatusCreated, ch.rec.json(ch, "queued"))
	ch.proceed()
}

func (s *Server) recording(name string) *Channel {
	for _, ch := range s.channels {
		if ch.rec != nil && ch.rec.name == name {
			return ch
		}
	}
	return nil
}

func (s *Server) showRecording(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.recording(r.PathValue("name")); ch != nil {
		ch.rec.asked = true
		state := "recording"
		if ch.rec.began.IsZero() {
			state = "queued"
		}
		reply(w, http.StatusOK, ch.rec.json(ch, state))
		return
	}
	refuse(w, http.StatusNotFound, "Recording not found")
}

func (s *Server) stopRecording(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.recording(r.PathValue("name")); ch != nil && !ch.rec.began.IsZero() {
		ch.finish("done", ch.rec.elapsed())
		w.WriteHeader(http.StatusNoContent)
		return
	}
	refuse(w, http.StatusNotFound, "Recording not found")
}
