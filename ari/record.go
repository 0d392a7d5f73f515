package ari

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/CyCoreSystems/ari/v6"

	"glennline/voicemail"
)

// hangupLag is how long after the end of a recording its channel's end may
// come, if the hang-up ended both. A longer wait would be heard by a caller
// whose silence ended the recording.
const hangupLag = 200 * time.Millisecond

// recording is one record request. All but its first three fields belong to the
// call's lock.
type recording struct {
	call *Call
	req  voicemail.RecordRequest
	done chan struct{}

	from   time.Time // when it began: zero as long as its beep plays
	fromAt time.Time // the same by Asterisk's clock; zero if not known
	overAt time.Time // when it ended, by that clock; zero if not known
	begun  bool      // Asterisk said that it took it
	seen   bool      // its end was told
	over   bool      // done is closed
	lost   bool      // it is over, and the event was lost
	failed bool
	mute   bool          // stopped from here, because no audio came
	key    bool          // the ending key was pressed
	took   time.Duration // from its beginning to its end
	length time.Duration // as Asterisk reports it
}

func (r *recording) path() string           { return livePath(r.req.Name) }
func (r *recording) ended() <-chan struct{} { return r.done }

func (r *recording) wasSeen() bool {
	r.call.mu.Lock()
	defer r.call.mu.Unlock()
	return r.seen
}

func (r *recording) lose() {
	r.call.mu.Lock()
	defer r.call.mu.Unlock()
	if !r.over {
		r.lost, r.over = true, true
		close(r.done)
	}
}

// Record plays the beep, records as WAV right behind it, and returns when the
// recording has ended and its file is closed. The recording is asked for while
// the beep plays, and Asterisk takes one after the other: nothing lies between.
//
// It never writes over a recording: without Append, a name that is
// taken is ErrRecordingExists. The length of what was appended is only known
// to a second. It has the longest length, Config.RecordMargin, and one
// second by which Asterisk counts too long; then it stops the recording.
//
// ErrEnded means that nothing was recorded, although Asterisk may have made a
// file. A hang-up after the beep, or after a recording without one was
// asked for, returns Recorded with RecordEndHangup and no error, so that its
// file is looked for. If ctx ends, the recording goes on until the call does.
func (c *Call) Record(ctx context.Context, req voicemail.RecordRequest) (voicemail.Recorded, error) {
	recorded, err := c.record(ctx, req)
	if err != nil {
		err = fmt.Errorf("record: %w", err)
		count(err, &c.client.stats.recordErrors)
	}
	return recorded, err
}

func (c *Call) record(ctx context.Context, req voicemail.RecordRequest) (voicemail.Recorded, error) {
	if err := validRecord(req); err != nil {
		return voicemail.Recorded{}, err
	}
	r := &recording{call: c, req: req, done: make(chan struct{})}
	defer func() {
		c.mu.Lock()
		c.rec, c.play = nil, nil
		c.mu.Unlock()
	}()
	beep, err := c.startBeep(ctx, req.Beep)
	if err != nil {
		return voicemail.Recorded{}, err
	}
	c.mu.Lock()
	c.rec = r
	if beep == nil || beep.over {
		r.from = time.Now()
	}
	c.mu.Unlock()
	if err := c.startRecord(ctx, r, time.Now().Add(c.longest(req))); err != nil {
		return voicemail.Recorded{}, err
	}
	if beep != nil {
		if err := c.awaitBeep(ctx, beep, r); err != nil {
			return voicemail.Recorded{}, err
		}
	}
	return c.awaitRecord(ctx, r)
}

// longest is how long a recording may take as seen from here.
func (c *Call) longest(req voicemail.RecordRequest) time.Duration {
	return req.MaxLength + time.Second + c.client.cfg.RecordMargin
}

// awaitRecord waits until a recording that has begun is over and says why it
// stopped.
func (c *Call) awaitRecord(ctx context.Context, r *recording) (voicemail.Recorded, error) {
	if r.req.Begun != nil {
		r.req.Begun()
	}
	deadline := time.Now().Add(c.longest(r.req))
	err := c.awaitAudible(ctx, r, deadline)
	for errors.Is(err, errStale) {
		if r, err = c.renew(ctx, r, deadline); err == nil {
			err = c.awaitAudible(ctx, r, deadline)
		}
	}
	switch {
	case err == nil:
	case errors.Is(err, voicemail.ErrEnded):
		// RecordingFinished comes just before StasisEnd, but by another way.
		err = c.settle(r)
	case errors.Is(err, ErrDeadline):
		err = c.stopRecord(ctx, r)
	}
	if err != nil {
		return voicemail.Recorded{}, err
	}
	return c.recordResult(ctx, r), nil
}

// settle waits for the end of a recording whose channel has ended.
func (c *Call) settle(r *recording) error {
	timer := time.NewTimer(c.client.cfg.Grace)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C:
		r.lose()
	}
	return nil
}

// stopRecord stops a recording that is longer than Asterisk should have let it
// become, which a clock that was set back can bring about.
func (c *Call) stopRecord(ctx context.Context, r *recording) error {
	_ = c.client.order(ctx, http.MethodPost, r.path()+"/stop", nil)
	err := c.await(ctx, r.done, c.client.cfg.Grace)
	if errors.Is(err, voicemail.ErrEnded) {
		return c.settle(r)
	}
	if errors.Is(err, ErrDeadline) {
		r.lose() // the event went missing, or Asterisk hangs: the file decides
		return nil
	}
	return err
}

// recordResult says why a recording that is over stopped.
func (c *Call) recordResult(ctx context.Context, r *recording) voicemail.Recorded {
	s := c.stopOf(r)
	if !s.certain() {
		// RecordingFinished does not tell of a hang-up; StasisEnd follows it.
		_ = c.await(ctx, nil, hangupLag) // what it says is read below
		s = c.stopOf(r)
	}
	return voicemail.Recorded{End: s.end(), Duration: s.length}
}

// stopOf is what is known of the recording's end by now.
func (c *Call) stopOf(r *recording) stop {
	c.mu.Lock()
	defer c.mu.Unlock()
	hungUp := c.over
	if !c.overAt.IsZero() && !r.overAt.IsZero() && c.overAt.Sub(r.overAt) > c.client.cfg.Grace {
		hungUp = false // much later: we hear of both at once because we were stopped
	}
	return stop{
		req: r.req, took: r.took, length: r.length,
		failed: r.failed, mute: r.mute, key: r.key, lost: r.lost, hungUp: hungUp,
	}
}

// recordingEnded takes the end of a recording. at is Asterisk's time.
func (c *Call) recordingEnded(e *ari.LiveRecordingData, failed bool, at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rec
	if r == nil || r.req.Name != e.Name || r.over {
		return false
	}
	r.seen, r.over, r.failed = true, true, failed
	c.recordBegins(time.Time{}) // if the end of its beep was lost
	r.overAt = at
	r.took, r.length = r.lasted(at), time.Duration(e.Duration)
	if r.req.Append {
		// Asterisk reports the whole file; what stood in it is not of this
		// recording.
		r.length = max(0, r.length-c.recorded)
	}
	c.recorded = time.Duration(e.Duration)
	close(r.done)
	return true
}

// lasted is how long a recording took that ended at that time by Asterisk's
// clock. Our own cannot be set, but if we were stopped it counts that too.
func (r *recording) lasted(at time.Time) time.Duration {
	took := time.Since(r.from)
	if time.Since(at) < stall || r.fromAt.IsZero() || at.Before(r.fromAt) {
		return took
	}
	return min(took, at.Sub(r.fromAt))
}

// pressed takes a key. Asterisk tells of the one that ends a recording just
// before it tells of the recording's end.
func (c *Call) pressed(digit string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rec == nil || c.rec.over || c.rec.from.IsZero() || c.rec.req.EndKey == "" || c.rec.req.EndKey != digit {
		return false
	}
	c.rec.key = true
	return true
}
