package ari

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/CyCoreSystems/ari/v6"
	"go.uber.org/zap"
)

// look compares our calls with Asterisk's after a connect and then regularly:
// whatever an event did not tell is noticed here. It returns when ctx ends.
func (c *Client) look(ctx context.Context) error {
	if c.cfg.OnConnect != nil {
		c.cfg.OnConnect(ctx)
	}
	ticker := time.NewTicker(c.cfg.SweepInterval)
	defer ticker.Stop()
	left := make(map[string]bool) // strays that were counted
	for missed := true; ; missed = false {
		if err := c.compare(ctx, missed, left); err != nil && ctx.Err() == nil {
			c.cfg.Log.Warn("calls could not be compared with asterisk's", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// compare ends the calls that are gone, takes those that are new, and, if
// events may have been missed, asks after the step of each of the rest.
func (c *Client) compare(ctx context.Context, missed bool, left map[string]bool) error {
	// A call that began just now need not be in the list yet.
	before := time.Now().Add(-c.cfg.Grace)
	if missed {
		before = time.Now()
	}
	calls := c.calls.all()
	ids, err := c.Channels(ctx)
	if err != nil {
		return err
	}
	var kept, gone []*Call
	for _, call := range calls {
		switch {
		case slices.Contains(ids, call.id):
			kept = append(kept, call)
		case call.began.Before(before):
			gone = append(gone, call)
		}
	}
	var unknown []string
	for _, id := range ids {
		if c.calls.find(id) == nil {
			unknown = append(unknown, id)
		}
	}
	for id := range left {
		if !slices.Contains(ids, id) {
			delete(left, id)
		}
	}
	var doubtful []step
	if missed {
		doubtful = c.doubtful(ctx, kept)
	}
	if len(gone)+len(unknown)+len(doubtful) == 0 {
		return nil
	}
	// What the list shows may have happened after the connect, or while this
	// process was stopped: then its event is on its way.
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(c.cfg.Grace):
	}
	for _, call := range gone {
		if call.vanish() {
			c.stats.vanished.Add(1)
		}
	}
	for _, s := range doubtful {
		s.lose()
	}
	for _, id := range unknown {
		if !left[id] && c.calls.find(id) == nil {
			left[id] = c.find(ctx, id)
		}
	}
	return nil
}

// step is something a call waits for.
type step interface {
	// path is where Asterisk knows it while it lasts.
	path() string
	// lose ends the wait for it, if it still lasts.
	lose()
}

// doubtful are the steps that Asterisk does not know any more, but whose end
// did not arrive.
func (c *Client) doubtful(ctx context.Context, calls []*Call) []step {
	var doubtful []step
	for _, call := range calls {
		for _, s := range call.waiting() {
			err := c.request(ctx, http.MethodGet, s.path(), nil, nil)
			if status(err) == http.StatusNotFound {
				doubtful = append(doubtful, s)
			}
		}
	}
	return doubtful
}

// find takes a channel of which no event told. It says whether it was left
// alone.
func (c *Client) find(ctx context.Context, id string) (left bool) {
	ch, err := c.channel(ctx, id)
	if err != nil {
		return false // gone, or to be asked for again
	}
	arrival, err := c.recall(ctx, ch)
	if err != nil {
		c.cfg.Log.Error("channel with unknown arguments found", zap.String("channel", id), zap.Error(err))
	}
	if !answered(ch) {
		if c.calls.start(newCall(c, ch), arrival, nil) {
			c.stats.recovered.Add(1)
			c.cfg.Log.Info("unanswered call found and served", zap.String("channel", id))
		}
		return false
	}
	c.stats.strays.Add(1)
	if c.cfg.Stray == nil {
		c.cfg.Log.Warn("answered call found that is not ours", zap.String("channel", id))
		return true
	}
	c.calls.start(newCall(c, ch), arrival, c.cfg.Stray)
	return true
}

// answered says whether the caller heard something already.
func answered(ch *ari.ChannelData) bool { return ch.State == "Up" }

// livePath is where a recording is found while it lasts. Its name has slashes.
func livePath(name string) string { return "/recordings/live/" + url.PathEscape(name) }
