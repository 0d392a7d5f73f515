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
	p := &playback{id: r.PathValue("playback"), media: in.Media, state: "queued"}
	ch.queue = append(ch.queue, p)
	reply(w, http.StatusCreated, p.json(ch))
	ch.proceed()
}

// proceed begins with the next playback that waits, if none plays, or with the
// recording that waits behind the last.
func (ch *Channel) proceed() {
	switch {
	case ch.play != nil:
	case len(ch.queue) > 0:
		p := ch.queue[0]
		ch.play, ch.queue = p, ch.queue[1:]
		p.state = "playing"
		ch.s.work.Go(func() { ch.s.run(ch, p) })
	case ch.rec != nil && ch.rec.began.IsZero():
		ch.rec.began = time.Now()
		if name := ch.rec.name; ch.s.OnRecord != nil && ch.inApp {
			ch.s.work.Go(func() { ch.s.OnRecord(ch, name) })
		}
	}
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
	ch.proceed()
}

// playing finds a playback by its id; the server's lock is held.
func (s *Server) playing(id string) (*Channel, *playback) {
	for _, ch := range s.channels {
		if ch.play != nil && ch.play.id == id {
			return ch, ch.play
		}
		for _, p := range ch.queue {
			if p.id == id {
				return ch, p
			}
		}
	}
	return nil, nil
}

func (s *Server) showPlayback(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch, p := s.playing(r.PathValue("id")); p != nil {
		reply(w, http.StatusOK, p.json(ch))
		return
	}
	refuse(w, http.StatusNotFound, "Playback not found")
}

func (s *Server) stopPlayback(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch, p := s.playing(r.PathValue("id")); p != nil && p == ch.play {
		ch.stopPlay("done")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	refuse(w, http.StatusNotFound, "Playback not found")
}

// At is how many media have ended of what plays on the channel.
func (ch *Channel) At() int {
	ch.s.mu.Lock()
	defer ch.s.mu.Unlock()
	if ch.play == nil {
		return 0
	}
	return ch.play.at
}
