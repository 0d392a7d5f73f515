package ari

import (
	"context"
	"errors"
	"net/http"
	"net/url"
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

// perGeneration bounds the playbacks of one process on one channel: two, and
// each may have to be asked for several times.
const perGeneration = 10

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
	for n := 1; n <= 2*attempts; n++ {
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
	p.begun = true
	c.plays = n
	return &found{p: p, uri: data.MediaURI}, nil
}

// found is a playback that was found.
type found struct {
	p   *playback
	uri string
}

// Media is the medium that plays now.
func (f *found) Media() string { return strings.TrimPrefix(f.uri, "sound:") }

// Await is like the waiting part of Play.
func (f *found) Await(ctx context.Context, rest ...string) (finished int, err error) {
	c := f.p.call
	media := make([]string, len(rest))
	for i, path := range rest {
		media[i] = "sound:" + path
	}
	c.mu.Lock()
	f.p.media = media
	for _, m := range f.p.early {
		f.p.ended1(m.uri, m.played)
	}
	c.mu.Unlock()
	err = c.awaitPlay(ctx, f.p, time.Now().Add(c.client.cfg.PlayTimeout))
	count(err, &c.client.stats.playErrors)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.play = nil
	return f.p.heard, err
}

// AwaitRecord waits for a recording that a process which is gone began, like
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
	there, err := c.ask(ctx, r.path(), nil)
	if err != nil || !there && !r.wasSeen() {
		return rec, false, err
	}
	c.mu.Lock()
	r.begun = true
	c.mu.Unlock()
	// Asterisk keeps the limit. When the recording began is an estimate, and
	// nobody is cut off for an error in it.
	rec, err = c.awaitRecord(ctx, r, time.Now().Add(req.MaxLength+time.Second+c.client.cfg.RecordMargin))
	count(err, &c.client.stats.recordErrors)
	return rec, true, err
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

func (c *Call) variablePath() string { return "/channels/" + url.PathEscape(c.id) + "/variable" }

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
