package ari

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/CyCoreSystems/ari/v6"
	"go.uber.org/zap"

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
	took   time.Duration // from the request to its end
	length time.Duration // as Asterisk reports it
}

// recordOrder is the body of a record request. It has no beep: see Record.
type recordOrder struct {
	Name               string `json:"name"`
	Format             string `json:"format"`
	MaxDurationSeconds int    `json:"maxDurationSeconds"`
	MaxSilenceSeconds  int    `json:"maxSilenceSeconds"`
	IfExists           string `json:"ifExists"`
	TerminateOn        string `json:"terminateOn,omitempty"`
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
		err := c.await(ctx, r.done, min(c.client.untilAudible(), time.Until(deadline)))
		if !errors.Is(err, ErrDeadline) || time.Until(deadline) <= 0 {
			return err
		}
		if !r.req.Audible() {
			c.mu.Lock()
			r.mute = true
			c.mu.Unlock()
			return err
		}
		if r.req.Renew != nil && r.req.Renew() {
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
