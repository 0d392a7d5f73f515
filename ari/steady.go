package ari

import "time"

// lateAnswer is how long the answer to a ping takes only where Asterisk, or we, stood
// still; overdue is how long it may take before that is suspected.
const (
	lateAnswer = 500 * time.Millisecond
	overdue    = 100 * time.Millisecond
)

// asking notes that a ping goes out, and answered that it came back or was given up.
func (c *Client) asking() (answered func()) {
	sent := time.Since(c.made)
	c.asked.Store(int64(sent))
	return func() {
		c.asked.Store(0)
		if time.Since(c.made)-sent > lateAnswer {
			c.stoodStill()
		}
	}
}

// stoodStill notes that Asterisk or we came out of a stop just now: of the process, of the
// machine.
func (c *Client) stoodStill() { c.stood.Store(int64(time.Since(c.made))) }

// steadySince is since when Asterisk and we have been at work without a stop that is
// longer than a ping's interval, as far as that is known; now, where one may be going on.
// What did not happen before proves nothing.
func (c *Client) steadySince() time.Time {
	asked := time.Duration(c.asked.Load())
	if c.socket.Load() == nil || asked != 0 && time.Since(c.made)-asked > overdue {
		return time.Now()
	}
	return c.made.Add(time.Duration(c.stood.Load()))
}
