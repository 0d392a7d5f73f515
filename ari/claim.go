package ari

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"glennline/voicemail"
)

// claimLag is by how much the end of a channel may seem to come before the end
// of the time for which it was claimed, if that ended it.
const claimLag = 100 * time.Millisecond

// claimed sets two things by one request: the time, and for the dialplan that the call has
// a row, so that it needs no note. It could not tell that from how long it took.
const claimed = "ARRAY(TIMEOUT(absolute),GL_CLAIMED)"

// Claim sets the time after which the dialplan takes the call back, 0 for the
// longest that a call may last. Asterisk does so when all is over that it was
// asked for before; within the time of one request, therefore, that has to be nothing.
func (c *Call) Claim(ctx context.Context, within time.Duration) error {
	left := time.Duration(0) // TIMEOUT takes it for no limit
	if longest := c.client.cfg.MaxCall; longest > 0 {
		// A second more: where it counts from is the dialplan's to say.
		left = max(time.Second, longest-time.Since(c.made)+time.Second)
	}
	var until time.Time
	if within > 0 && (left == 0 || within < left) {
		left, until = within, time.Now().Add(within)
	}
	in := map[string]string{"variable": claimed, "value": fmt.Sprintf("%.3f,1", left.Seconds())}
	err := c.repeat(ctx, func() error {
		return c.client.request(ctx, http.MethodPost, c.variablePath(), in, nil)
	})
	if err != nil {
		return fmt.Errorf("claim: %w", c.refused(ctx, err))
	}
	c.mu.Lock()
	c.claimed = until
	c.mu.Unlock()
	return nil
}

// Fate is how the channel left the application.
func (c *Call) Fate() voicemail.Fate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		return voicemail.Fate{}
	}
	at := c.overAt
	if at.IsZero() {
		at = time.Now()
	}
	return voicemail.Fate{
		At: c.overAt, Vanished: c.vanished,
		TakenBack: !c.claimed.IsZero() && at.After(c.claimed.Add(-claimLag)),
	}
}
