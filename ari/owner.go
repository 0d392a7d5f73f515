package ari

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// errTaken says that somebody else connected under our application's name.
var errTaken = errors.New("somebody else connected under the application's name")

// ownership tells a glennline from anybody else who connects under our
// application's name. Asterisk lets whoever may read connect, its read-only users
// among them, and gives the events to who came last. To write who has the
// application, as every glennline does before it connects, takes more.
type ownership struct {
	id    string    // ours
	taken bool      // somebody connected; it is not known yet who
	since time.Time // of the connection that was taken
	times int       // that it was taken since told
	told  time.Time
}

// tellTakenEvery is how often it is logged at most that the application was taken.
const tellTakenEvery = time.Minute

// ownerVariable is the dialplan's global variable that names the owner.
func (c *Client) ownerVariable() string { return "GL_OWNER_" + c.cfg.App }

// own writes down that the application is ours, before the socket is opened. It
// gives ErrReplaced where it was taken by another glennline, which has written so.
func (c *Client) own(ctx context.Context) error {
	if c.owner.taken {
		id, err := c.Global(ctx, c.ownerVariable())
		switch {
		case err != nil:
			return err
		case id != "" && id != c.owner.id: // "" in an Asterisk that was started anew
			return ErrReplaced
		}
		c.owner.taken = false
		c.tellTaken(time.Now())
	}
	err := c.SetGlobal(ctx, c.ownerVariable(), c.owner.id)
	if code := status(err); code == http.StatusUnauthorized || code == http.StatusForbidden {
		return fmt.Errorf("%w: %w", ErrUnauthorized, err)
	}
	return err
}

// tellTaken says that it was somebody else who had the application.
func (c *Client) tellTaken(now time.Time) {
	o := &c.owner
	if o.times++; now.Sub(o.told) < tellTakenEvery {
		return
	}
	c.cfg.Log.Warn("somebody who is no glennline connected to asterisk under our application's name: it is taken back at once and no call is lost; "+
		"let whatever watches asterisk by ARI use a name of its own", zap.String("application", c.cfg.App), zap.Int("times", o.times),
		zap.Int64("calls", c.stats.calls.Load()))
	o.told, o.times = now, 0
}

// lostTo takes note that somebody took the application, and gives the pause
// before it is looked who it was: none, but for one who does not give up.
func (c *Client) lostTo(now time.Time) time.Duration {
	c.owner.taken = true
	if now.Sub(c.owner.since) < c.cfg.ReconnectMax {
		return c.cfg.ReconnectMin
	}
	return 0
}
