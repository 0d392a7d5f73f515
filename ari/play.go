package ari

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/CyCoreSystems/ari/v6"

	"glennline/voicemail"
)

// shortest is the least time in which a prompt can have been heard. What ends
// sooner was not played: Asterisk reports a file that it cannot open in the
// same words as one that it played to its end, PlaybackContinuing with the
// state "continuing", unless it is the last of its request.
const shortest = 50 * time.Millisecond

// playback is one play request. All but its first three fields belong to the
// call's lock.
type playback struct {
	call  *Call
	media []string // as URIs
	done  chan struct{}

	id     string
	posted time.Time // when it was asked for
	begun  bool      // Asterisk said that it took it
	seen   bool      // an event of it came
	over   bool      // done is closed
	lost   bool      // it is over, and the event was lost

	next   int       // index of the medium that plays
	mark   time.Time // when it began, by Asterisk's clock; zero for the first
	broken bool      // one was not played; no later one counts
	found  string    // of one that was found: the medium that played then
	early  []medium  // and those that ended before it was known what they are
	heard  int       // how many were played to their end
}

// playOrder is the body of a play request.
type playOrder struct {
	Media []string `json:"media"`
}

func (p *playback) path() string { return "/playbacks/" + url.PathEscape(p.id) }

func (p *playback) lose() {
	p.call.mu.Lock()
	defer p.call.mu.Unlock()
	if !p.over {
		p.lost, p.over = true, true
		p.call.recordBegins(time.Time{})
		close(p.done)
	}
}

// Play plays the media in one request, so that there is no gap between them,
// and returns when the last has ended. finished counts those that were played
// to their end, from the first one on without a hole. It has Config.PlayTimeout.
//
// Asterisk tells of the last of a request whether it could be played; of the
// others, only the time they took shows it. So what must have been heard is
// best the last.
func (c *Call) Play(ctx context.Context, media ...string) (finished int, err error) {
	if len(media) == 0 {
		return 0, nil
	}
	p := &playback{call: c, media: make([]string, len(media)), done: make(chan struct{})}
	for i, path := range media {
		p.media[i] = "sound:" + path
	}
	defer func() {
		c.mu.Lock()
		c.play = nil
		finished = p.heard
		c.mu.Unlock()
		count(err, &c.client.stats.playErrors)
	}()
	deadline := time.Now().Add(c.client.cfg.PlayTimeout)
	if err := c.startPlay(ctx, p, deadline); err != nil {
		return 0, err
	}
	return 0, c.awaitPlay(ctx, p, deadline)
}

// awaitPlay waits until a playback is over and says how it ended.
func (c *Call) awaitPlay(ctx context.Context, p *playback, deadline time.Time) error {
	if err := c.await(ctx, p.done, time.Until(deadline)); err != nil {
		if errors.Is(err, ErrDeadline) {
			c.stopPlay(ctx, p)
		}
		return err
	}
	return c.playResult(ctx, p)
}

// startPlay gets Asterisk to take the request. One that may have taken effect
// is looked for before it is made again, under another id.
func (c *Call) startPlay(ctx context.Context, p *playback, deadline time.Time) error {
	for n := 1; ; n++ {
		if err := c.stopped(ctx); err != nil {
			return err
		}
		id := c.nextPlay()
		c.mu.Lock()
		p.id, p.posted, p.seen = id, time.Now(), false
		c.play = p
		c.mu.Unlock()

		err := c.client.order(ctx, http.MethodPost, c.path+"/play/"+url.PathEscape(id), playOrder{p.media})
		if uncertain(err) {
			var there bool
			if there, err = c.tookEffect(ctx, p, err, c.patience(err), deadline); there {
				err = nil
			}
		}
		c.mu.Lock()
		p.begun = err == nil || p.seen
		begun := p.begun
		c.mu.Unlock()
		switch {
		case begun:
			return nil
		case n < attempts && (passing(err) || uncertain(err)):
		default:
			return c.refused(ctx, err)
		}
		if err := c.await(ctx, p.done, retryPause); !errors.Is(err, ErrDeadline) {
			return err
		}
	}
}

// patience is how long a play request that ran out of time may still take
// effect. Made again too early it would be played twice.
func (c *Call) patience(err error) time.Duration {
	if e, ok := errors.AsType[*RequestError](err); ok && e.Timeout() {
		return c.client.cfg.RequestTimeout
	}
	return 0
}

// tookEffect finds out whether a request without an answer was heard: by the
// step's events, or by asking until there is an answer. It says no only if
// Asterisk does, and still does when patience is over; the error is then why.
func (c *Call) tookEffect(ctx context.Context, s waited, why error, patience time.Duration, deadline time.Time) (bool, error) {
	patient := time.Now().Add(patience)
	for {
		err := c.client.request(ctx, http.MethodGet, s.path(), nil, nil)
		switch {
		case err == nil || s.wasSeen():
			return true, nil
		case status(err) == http.StatusNotFound && !time.Now().Before(patient):
			return false, why
		}
		switch err := c.await(ctx, s.ended(), retryPause); {
		case err == nil:
			return true, nil
		case !errors.Is(err, ErrDeadline):
			return false, err
		case time.Now().After(deadline):
			return false, ErrDeadline
		}
	}
}

// waited is a step that may have begun.
type waited interface {
	step
	wasSeen() bool
	ended() <-chan struct{}
}

func (p *playback) ended() <-chan struct{} { return p.done }

func (p *playback) wasSeen() bool {
	p.call.mu.Lock()
	defer p.call.mu.Unlock()
	return p.seen
}

// stopPlay keeps what follows from waiting behind a playback without end.
func (c *Call) stopPlay(ctx context.Context, p *playback) {
	_ = c.client.order(ctx, http.MethodDelete, p.path(), nil) // it may be over; the step has failed anyway
}

// playResult says how a playback that is over ended.
func (c *Call) playResult(ctx context.Context, p *playback) error {
	c.mu.Lock()
	heard, lost, broken := p.heard, p.lost, p.broken
	c.mu.Unlock()
	switch {
	case heard == len(p.media):
		return nil
	case lost:
		return fmt.Errorf("play: %w", ErrLost)
	case !broken && c.endsSoon(ctx):
		// A hang-up makes the playback "failed", and StasisEnd follows.
		return voicemail.ErrEnded
	}
	if err := c.stopped(ctx); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s", ErrUnplayable, strings.TrimPrefix(p.media[heard], "sound:"))
}

// continuing takes the end of one of several media. at is Asterisk's time.
func (c *Call) continuing(e *ari.PlaybackData, at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.play
	if p == nil || p.id != e.ID || p.over {
		return false
	}
	p.seen = true
	lasted := at.Sub(p.mark)
	if p.mark.IsZero() {
		lasted = time.Since(p.posted)
	}
	p.mark = at
	if p.media == nil {
		p.early = append(p.early, medium{e.MediaURI, lasted >= shortest})
		return true
	}
	return p.ended1(e.MediaURI, lasted >= shortest)
}

// playbackFinished takes the end of a playback. at is Asterisk's time.
func (c *Call) playbackFinished(e *ari.PlaybackData, at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.play
	if p == nil || p.id != e.ID || p.over {
		return false
	}
	p.seen, p.over = true, true
	if e.State == "done" {
		// Also if the hang-up came at the very end of one that is not the last.
		if p.media == nil {
			p.early = append(p.early, medium{e.MediaURI, true})
		}
		p.ended1(e.MediaURI, true)
	}
	c.recordBegins(at)
	close(p.done)
	return true
}

// ended1 counts one medium that ended. An event that came twice, or after a
// later one, names one that was passed already.
func (p *playback) ended1(uri string, played bool) bool {
	i := slices.Index(p.media[p.next:], uri)
	if i < 0 {
		return false
	}
	p.next += i + 1
	if !played {
		p.broken = true
	}
	if !p.broken {
		p.heard = p.next
	}
	return true
}
