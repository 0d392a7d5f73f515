package ari

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"glennline/voicemail"
)

// audibleEvery is how often it is asked whether audio still comes: of all calls
// in the same moments, so that this process is woken once for all of them.
const audibleEvery = 2 * time.Second

// untilAudible is how long it is to the next of these moments.
func (c *Client) untilAudible() time.Duration {
	return audibleEvery - time.Since(c.made)%audibleEvery
}

// awaitAudible waits for the end of a recording until the deadline, or until no
// audio comes any more. Asterisk itself would record on: with transmit_silence
// it never notices that no frame comes.
func (c *Call) awaitAudible(ctx context.Context, r *recording, deadline time.Time) error {
	if r.req.Audible == nil {
		return c.await(ctx, r.done, time.Until(deadline))
	}
	for {
		due := time.Now().Add(c.client.untilAudible())
		err := c.await(ctx, r.done, min(time.Until(due), time.Until(deadline)))
		if !errors.Is(err, ErrDeadline) || time.Until(deadline) <= 0 {
			return err
		}
		if time.Since(due) > stall {
			c.client.stoodStill()
		}
		steady := c.client.steadySince()
		if !r.req.Audible(steady) {
			c.mu.Lock()
			r.mute = true
			c.mu.Unlock()
			return err
		}
		if r.req.Renew != nil && r.req.Renew(steady) {
			return errStale
		}
	}
}

// errStale says that a recording is to be begun anew.
var errStale = errors.New("recording is stale")

// renew stops a recording and begins another that goes on in the same file.
// Where that cannot be done it gives the one there was.
func (c *Call) renew(ctx context.Context, r *recording, deadline time.Time) (*recording, error) {
	length := (time.Until(deadline) - time.Second - c.client.cfg.RecordMargin).Truncate(time.Second)
	if length < time.Second {
		return r, nil
	}
	if err := c.client.order(ctx, http.MethodPost, r.path()+"/stop", nil); err != nil {
		c.client.cfg.Log.Warn("recording could not be begun anew", zap.Error(err))
		return r, nil //nolint:nilerr // it goes on as it was
	}
	if err := c.await(ctx, r.done, c.client.cfg.Grace); err != nil && !errors.Is(err, ErrDeadline) {
		return r, err
	}
	next := &recording{call: c, req: r.req, done: make(chan struct{}), from: time.Now()}
	next.req.Append, next.req.Beep, next.req.MaxLength = true, "", length
	c.mu.Lock()
	key := r.key
	if !key {
		c.rec = next
	}
	c.mu.Unlock()
	if key {
		return r, nil
	}
	if err := c.startRecord(ctx, next, deadline); err != nil {
		c.mu.Lock()
		c.rec = r
		c.mu.Unlock()
		if !errors.Is(err, voicemail.ErrEnded) {
			c.client.cfg.Log.Warn("recording could not be begun anew", zap.Error(err))
			err = nil
		}
		return r, err
	}
	return next, nil
}
