package ari

import (
	"context"
	"errors"
	"fmt"
	"time"

	"glennline/voicemail"
)

// startBeep gets Asterisk to play the beep of a recording; nil if there is none.
func (c *Call) startBeep(ctx context.Context, medium string) (*playback, error) {
	if medium == "" {
		return nil, nil
	}
	p := &playback{call: c, media: []string{"sound:" + medium}, done: make(chan struct{})}
	if err := c.startPlay(ctx, p, time.Now().Add(c.client.cfg.PlayTimeout)); err != nil {
		return nil, noBeep(err)
	}
	return p, nil
}

// awaitBeep waits until the recording that waits behind the beep begins. The
// recording begins as well if the beep fails, and is stopped then; and if its end
// is lost with the socket, which is no reason for another beep.
func (c *Call) awaitBeep(ctx context.Context, beep *playback, r *recording) error {
	err := c.awaitPlay(ctx, beep, time.Now().Add(c.client.cfg.PlayTimeout))
	c.mu.Lock()
	c.play = nil
	if err == nil || errors.Is(err, ErrLost) {
		c.recordBegins(time.Time{})
		err = nil
	}
	c.mu.Unlock()
	if err = noBeep(err); errors.Is(err, voicemail.ErrBeep) {
		// Without a beep nobody knows of it.
		c.stopRecord(ctx, r) //nolint:errcheck // the channel's end is told by the next step
	}
	return err
}

// noBeep says of an error other than an end of the call that it was the beep's.
func noBeep(err error) error {
	switch {
	case err == nil, errors.Is(err, voicemail.ErrEnded), errors.Is(err, ErrReplaced),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", voicemail.ErrBeep, err)
}

// recordBegins notes that the beep before a recording is over, at by Asterisk's
// clock, zero if that did not tell. The call's lock is held.
func (c *Call) recordBegins(at time.Time) {
	if c.rec == nil || !c.rec.from.IsZero() {
		return
	}
	c.rec.from, c.rec.fromAt = time.Now(), at
	if behind := time.Since(at); !at.IsZero() && behind > stall {
		c.rec.from = c.rec.from.Add(-behind) // we were stopped, and the recording goes on since then
	}
}
