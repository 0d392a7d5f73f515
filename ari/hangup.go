package ari

import (
	"context"
	"errors"
	"net/http"
	"time"

	"glennline/voicemail"
)

// reasons are ARI's words for our causes. Before the answer Asterisk makes of
// them a 404, a 503 and a 603.
var reasons = map[voicemail.HangupCause]string{
	voicemail.HangupNormal:      "normal",
	voicemail.HangupUnallocated: "unallocated",
	voicemail.HangupCongestion:  "congestion",
}

// Hangup ends the call. It is no error if it has ended already. It returns when
// Asterisk has taken the order; the end of the channel follows.
func (c *Call) Hangup(ctx context.Context, cause voicemail.HangupCause) error {
	reason, ok := reasons[cause]
	if !ok {
		reason = "normal"
	}
	err := c.repeat(ctx, func() error { return c.client.order(ctx, http.MethodDelete, c.path+"?reason="+reason, nil) })
	if errors.Is(err, voicemail.ErrEnded) {
		return nil
	}
	if status(err) == http.StatusNotFound {
		c.end(time.Time{})
		return nil
	}
	count(err, &c.client.stats.hangupErrors)
	return err
}
