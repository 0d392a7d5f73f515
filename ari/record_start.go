package ari

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"glennline/voicemail"
)

// recordOrder is the body of a record request. It has no beep: see Record.
type recordOrder struct {
	Name               string `json:"name"`
	Format             string `json:"format"`
	MaxDurationSeconds int    `json:"maxDurationSeconds"`
	MaxSilenceSeconds  int    `json:"maxSilenceSeconds"`
	IfExists           string `json:"ifExists"`
	TerminateOn        string `json:"terminateOn,omitempty"`
}

// validRecord refuses what Asterisk would round or take for no limit.
func validRecord(req voicemail.RecordRequest) error {
	switch {
	case req.Name == "":
		return errors.New("name is empty")
	case req.MaxLength < time.Second || req.MaxLength%time.Second != 0:
		return fmt.Errorf("longest length is %v, it must be whole seconds", req.MaxLength)
	case req.MaxSilence < 0 || req.MaxSilence%time.Second != 0:
		return fmt.Errorf("longest silence is %v, it must be whole seconds", req.MaxSilence)
	}
	switch req.EndKey {
	case "", "#", "*":
		return nil
	}
	return fmt.Errorf("ending key is %q, it must be # or *", req.EndKey)
}

// startRecord gets Asterisk to take the request. It may be repeated: the name
// of one that took effect is taken, or, if it is appended to, in use.
func (c *Call) startRecord(ctx context.Context, r *recording, deadline time.Time) error {
	maybe := false // an earlier request may have taken effect
	exists := "fail"
	if r.req.Append {
		exists = "append"
	}
	for n := 1; ; n++ {
		if err := c.stopped(ctx); err != nil {
			return err
		}
		err := c.client.order(ctx, http.MethodPost, c.path+"/record", recordOrder{
			Name: r.req.Name, Format: "wav", IfExists: exists, TerminateOn: r.req.EndKey,
			MaxDurationSeconds: int(r.req.MaxLength / time.Second), MaxSilenceSeconds: int(r.req.MaxSilence / time.Second),
		})
		if uncertain(err) {
			maybe = true
			var there bool
			if there, err = c.tookEffect(ctx, r, err, 0, deadline); there {
				err = nil
			}
		}
		c.mu.Lock()
		r.begun = err == nil || r.seen
		begun := r.begun
		c.mu.Unlock()
		switch {
		case begun:
			return nil
		case status(err) == http.StatusConflict:
			return c.conflict(ctx, r, err, maybe)
		case n < attempts && (passing(err) || uncertain(err)):
		default:
			return c.refused(ctx, err)
		}
		if err := c.await(ctx, r.done, retryPause); !errors.Is(err, ErrDeadline) {
			return err
		}
	}
}

// conflict tells the three cases of a 409 apart: the channel has left the
// application, our own earlier request made the recording, or it is an older
// one's name.
func (c *Call) conflict(ctx context.Context, r *recording, err error, maybe bool) error {
	err = c.refused(ctx, err)
	switch {
	case status(err) != http.StatusConflict:
		if maybe && r.wasSeen() {
			return nil
		}
		return err
	case !maybe:
		return fmt.Errorf("%w: %w", ErrRecordingExists, err)
	}
	c.mu.Lock()
	r.begun = true
	c.mu.Unlock()
	live := c.client.request(ctx, http.MethodGet, r.path(), nil, nil)
	if status(live) == http.StatusNotFound {
		r.lose() // it has come and gone
	}
	return nil
}
