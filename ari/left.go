package ari

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"glennline/voicemail"
)

var _ voicemail.Left = (*Call)(nil)

// generation is the channel variable that counts the processes which began
// anew to play on a channel. Each has play ids of its own, so that no late
// event of one is taken for another's.
const generation = "GL_ADOPTED"

// perGeneration bounds the playbacks of one process on one channel: notice, beep,
// question and beep, and each may have to be asked for several times.
const perGeneration = 4 * attempts

// medium is a medium of a playback that ended.
type medium struct {
	uri    string
	played bool
}

// Playing finds the playback that a process which is gone left behind: there is
// no list of them, but the ids follow from the channel's. Where none runs, what
// is played from here on gets ids of its own.
func (c *Call) Playing(ctx context.Context) (voicemail.Playback, error) {
	before, err := c.generation(ctx)
	if err != nil {
		return nil, err
	}
	for n := 1; n <= perGeneration; n++ {
		p, err := c.findPlay(ctx, before*perGeneration+n)
		if p != nil || err != nil {
			return p, err
		}
	}
	c.mu.Lock()
	c.plays = (before + 1) * perGeneration
	c.mu.Unlock()
	in := map[string]string{"variable": generation, "value": strconv.Itoa(before + 1)}
	if err := c.client.request(ctx, http.MethodPost, c.variablePath(), in, nil); err != nil {
		// It only matters should we be gone in our turn.
		c.client.cfg.Log.Debug("generation not set", zap.String("channel", c.id), zap.Error(err))
	}
	return nil, c.stopped(ctx)
}

// findPlay asks for one playback. Whatever happens to it from now on is noted,
// so that nothing is lost between the question and its answer.
func (c *Call) findPlay(ctx context.Context, n int) (voicemail.Playback, error) {
	p := &playback{call: c, done: make(chan struct{}), id: c.id + ".play" + strconv.Itoa(n)}
	c.mu.Lock()
	c.play = p
	c.mu.Unlock()
	var data struct {
		MediaURI string `json:"media_uri"`
	}
	there, err := c.ask(ctx, p.path(), &data)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !there || err != nil || p.over {
		c.play = nil
		return nil, err
	}
	p.begun, p.found = true, data.MediaURI
	c.plays = n
	return &found{p}, nil
}

// found is a playback that was found.
type found struct{ p *playback }

// Media is the medium that plays now.
func (f *found) Media() string { return strings.TrimPrefix(f.p.found, "sound:") }

// expect says what a playback that was found consists of, from the medium on
// that played then. The call's lock is held.
func (p *playback) expect(media ...string) {
	p.media = media
	for _, m := range p.early {
		p.ended1(m.uri, m.played)
	}
}

// Await is like the waiting part of Play.
func (f *found) Await(ctx context.Context, rest ...string) (finished int, err error) {
	c := f.p.call
	media := make([]string, len(rest))
	for i, path := range rest {
		media[i] = "sound:" + path
	}
	c.mu.Lock()
	f.p.expect(media...)
	c.mu.Unlock()
	err = c.awaitPlay(ctx, f.p, time.Now().Add(c.client.cfg.PlayTimeout))
	count(err, &c.client.stats.playErrors)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.play = nil
	return f.p.heard, err
}

// AwaitRecord waits for a recording that a process which is gone asked for, like
// Record for one of its own.
func (c *Call) AwaitRecord(ctx context.Context, req voicemail.RecordRequest, began time.Time) (rec voicemail.Recorded, running bool, err error) {
	// Since counts with the monotonic clock from here on.
	r := &recording{call: c, req: req, done: make(chan struct{}), from: time.Now().Add(-max(0, time.Since(began)))}
	c.mu.Lock()
	c.rec = r
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.rec = nil
		c.mu.Unlock()
	}()
	var data struct {
		State string `json:"state"`
	}
	there, err := c.ask(ctx, r.path(), &data)
	if err != nil || !there && !r.wasSeen() {
		return rec, false, err
	}
	c.mu.Lock()
	r.begun = true
	c.mu.Unlock()
	if data.State == "queued" {
		if err := c.awaitFoundBeep(ctx, r); err != nil {
			return rec, true, err
		}
	}
	// Asterisk keeps the limit. When the recording began is an estimate, and
	// nobody is cut off for an error in it.
	rec, err = c.awaitRecord(ctx, r)
	count(err, &c.client.stats.recordErrors)
	return rec, true, err
}

// awaitFoundBeep waits for the beep that a recording waits behind.
func (c *Call) awaitFoundBeep(ctx context.Context, r *recording) error {
	c.mu.Lock()
	beep := c.play // which Playing found
	r.from = time.Time{}
	c.mu.Unlock()
	if beep == nil {
		playing, err := c.Playing(ctx)
		if err != nil {
			return err
		}
		f, ok := playing.(*found)
		if !ok { // it was over meanwhile
			c.mu.Lock()
			c.recordBegins(time.Time{})
			c.mu.Unlock()
			return nil
		}
		beep = f.p
	}
	c.mu.Lock()
	beep.expect(beep.found)
	c.mu.Unlock()
	return c.awaitBeep(ctx, beep, r)
}

// generation is how often somebody began anew to play on the channel.
func (c *Call) generation(ctx context.Context) (int, error) {
	var data struct {
		Value string `json:"value"`
	}
	_, err := c.ask(ctx, c.variablePath()+"?variable="+generation, &data)
	n, _ := strconv.Atoi(data.Value) // not set: 0
	return n, err
}

func (c *Call) variablePath() string { return c.path + "/variable" }

// ask asks whether something is there until there is an answer. It ends with
// the channel or ctx.
func (c *Call) ask(ctx context.Context, path string, out any) (bool, error) {
	for {
		if err := c.stopped(ctx); err != nil {
			return false, err
		}
		err := c.client.request(ctx, http.MethodGet, path, nil, out)
		switch {
		case err == nil:
			return true, nil
		case status(err) == http.StatusNotFound:
			return false, nil
		}
		if err := c.await(ctx, nil, retryPause); !errors.Is(err, ErrDeadline) {
			return false, err
		}
	}
}
