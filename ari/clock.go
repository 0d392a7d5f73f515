package ari

import (
	"net/http"
	"time"

	"go.uber.org/zap"
)

// clocksApart is how far Asterisk's clock may be from ours, besides the second
// that its answers are rounded to. The dialplan takes us for dead after three
// seconds by its own clock, and ends by it what may only last so long.
const clocksApart = 2 * time.Second

// compareClocks warns, once a connection, where Asterisk's clock is not ours. Each
// answer carries its time (RFC 9110, 6.6.1), and unlike an event's cannot have
// waited for us: it lies between asked and now, however long we were stopped.
func (c *Client) compareClocks(date string, asked, now time.Time) {
	if !c.Connected() || c.clockTold.Load() {
		return
	}
	theirs, err := http.ParseTime(date)
	if err != nil || !theirs.Before(asked.Add(-clocksApart-time.Second)) && !theirs.After(now.Add(clocksApart)) {
		return
	}
	if c.clockTold.CompareAndSwap(false, true) {
		c.cfg.Log.Warn("asterisk's clock and this one are apart: it ends calls at the wrong time and answers by itself; set both clocks (glennline doctor)",
			zap.Duration("asterisk_ahead", theirs.Sub(now).Round(time.Second)))
	}
}
