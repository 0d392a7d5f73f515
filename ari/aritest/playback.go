package aritest

import (
	"net/http"
	"strings"
	"time"
)

type playback struct {
	id    string
	media []string
	at    int
	state string
}

func (p *playback) json(ch *Channel) map[string]any {
	j := map[string]any{
		"id": p.id, "media_uri": p.media[p.at], "target_uri": "channel:" + ch.ID,
		"language": "en", "state": p.state,
	}
	if p.at+1 < len(p.media) {
		j["next_media_uri"] = p.media[p.at+1]
	}
	return j
}

// Playing is what plays on the channel now, as paths.
func (ch *Channel) Playing() []string {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	if ch.play == nil {
		return nil
	}
	var media []string
	for _, uri := range ch.play.media {
		media = append(media, strings.TrimPrefix(uri, "sound:"))
	}
	return media
}

func (s *Server) play(w http.ResponseWriter, r *http.Request, ch *Channel) {
	var in struct{ Media []string }
	if !read(w, r, &in) {
		return
	}
	if len(in.Media) == 0 {
		refuse(w, http.StatusInternalServerError, "Failed to queue media for playback")
		return
	}
	p := &playback{id: r.PathValue("playback"), media: in.Media, state: "playing"}
	ch.play = p
	s.work.Go(func() { s.run(ch, p) })
	reply(w, http.StatusCreated, p.json(ch))
}

// run plays one medium after the other. A medium that cannot be opened ends at
// once, and looks like one that was played unless it is the last.
func (s *Server) run(ch *Channel, p *playback) {
	for i := range p.media {
		s.mu.Lock()
		length, missing := s.ItemLength, s.missing[p.media[i]]
		s.mu.Unlock()
		if !missing {
			select {
			case <-s.closed:
				return
			case <-time.After(length):
			}
		}
		if !s.next(ch, p, missing) {
			return
		}
	}
}

// next ends the medium that plays. It says whether another follows.
func (s *Server) next(ch *Channel, p *playback, missing bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case ch.play != p:
		return false
	case p.at+1 < len(p.media):
		p.state = "continuing"
		s.send("PlaybackContinuing", map[string]any{"playback": p.json(ch)})
		p.at++
		p.state = "playing"
		return true
	case missing:
		ch.stopPlay("failed")
	default:
		ch.stopPlay("done")
	}
	return false
}

func (ch *Channel) stopPlay(state string) {
	p := ch.play
	p.state, ch.play = state, nil
	ch.s.send("PlaybackFinished", map[string]any{"playback": p.json(ch)})
}

// playing finds a playback by its id; the server's lock is held.
func (s *Server) playing(id string) *Channel {
	for _, ch := range s.channels {
		if ch.play != nil && ch.play.id == id {
			return ch
		}
	}
	return nil
}

func (s *Server) showPlayback(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.playing(r.PathValue("id")); ch != nil {
		reply(w, http.StatusOK, ch.play.json(ch))
		return
	}
	refuse(w, http.StatusNotFound, "Playback not found")
}

func (s *Server) stopPlayback(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.playing(r.PathValue("id")); ch != nil {
		ch.stopPlay("done")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	refuse(w, http.StatusNotFound, "Playback not found")
}
