package ari

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/CyCoreSystems/ari/v6"

	"glennline/voicemail"
)

var _ voicemail.Channel = (*Call)(nil)

// attempts is how often a request that may be repeated is made at all.
const attempts = 3

// retryPause lies between two attempts.
const retryPause = 100 * time.Millisecond

// Call is one channel in our application. Its steps (Answer, Play, Record) are
// taken one at a time; Hangup and Ended may be called beside them.
//
// A step that is cut by the end of the channel, or comes after it, returns
// voicemail.ErrEnded; after another client took over, ErrReplaced. Errors may
// hold a *StatusError or a *RequestError.
type Call struct {
	client *Client
	id     string
	path   string // of the channel, below the ARI root, escaped
	began  time.Time
	made   time.Time // when the channel came to be, by Asterisk's clock
	ended  chan struct{}

	mu       sync.Mutex
	over     bool      // ended is closed
	overAt   time.Time // by Asterisk's clock; zero if it did not tell
	vanished bool      // its end was found, not told
	claimed  time.Time // until when, by the clock of both; zero for good
	plays    int
	play     *playback     // the step that is waited for, or nil
	rec      *recording    // the same
	recorded time.Duration // the length of the file recorded last, as Asterisk reported it
}

// RemoteAddr is where the call's signalling comes from: address and port.
func (c *Call) RemoteAddr(ctx context.Context) (netip.AddrPort, error) {
	var got struct {
		Value string `json:"value"`
	}
	path := c.path + "/variable?variable=" + url.QueryEscape("CHANNEL(pjsip,remote_addr)")
	if err := c.client.request(ctx, http.MethodGet, path, nil, &got); err != nil {
		return netip.AddrPort{}, fmt.Errorf("remote address: %w", err)
	}
	return netip.ParseAddrPort(got.Value)
}

func newCall(c *Client, ch *ari.ChannelData) *Call {
	call := &Call{
		client: c, id: ch.ID, began: time.Now(), made: created(ch), ended: make(chan struct{}),
		path: "/channels/" + url.PathEscape(ch.ID),
	}
	if c.cfg.ClaimWithin > 0 && !answered(ch) {
		call.claimed = call.made.Add(c.cfg.ClaimWithin)
	}
	return call
}

// ID is the channel's id, which is Asterisk's UNIQUEID.
func (c *Call) ID() string { return c.id }

// Ended is closed when the channel has left our application or is gone.
func (c *Call) Ended() <-chan struct{} { return c.ended }

// end ends every wait. It says whether it was the first to do so. at is when
// the channel left, by Asterisk's clock, zero if it did not tell.
func (c *Call) end(at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endLocked(at)
}

func (c *Call) endLocked(at time.Time) bool {
	if c.over {
		return false
	}
	c.over, c.overAt = true, at
	close(c.ended)
	return true
}

// Answer answers the call. It is repeated if it is not known to have worked,
// which does no harm.
func (c *Call) Answer(ctx context.Context) error {
	err := c.repeat(ctx, func() error { return c.client.order(ctx, http.MethodPost, c.path+"/answer", nil) })
	if err != nil {
		err = c.refused(ctx, err)
		count(err, &c.client.stats.answerErrors)
	}
	return err
}

// repeat makes a request that may be made twice until it is answered, a few
// times at most.
func (c *Call) repeat(ctx context.Context, request func() error) error {
	for n := 1; ; n++ {
		if err := c.stopped(ctx); err != nil {
			return err
		}
		err := request()
		if err == nil || n == attempts || !passing(err) && !uncertain(err) {
			return err
		}
		if err := c.await(ctx, nil, retryPause); !errors.Is(err, ErrDeadline) {
			return err
		}
	}
}

// vanish ends a call whose channel is gone without having told so: Asterisk
// died under it, or it ended while the socket was lost. It is false if the call
// has ended already.
func (c *Call) vanish() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vanished = c.vanished || !c.over
	return c.endLocked(time.Time{})
}

// refused turns the answer to a step on a channel that is gone, or just going,
// into ErrEnded. Asterisk says 404 if it is gone and 409 if it has left the
// application; a step that the hang-up overtakes inside Asterisk may get 412
// or 500. The end of the channel is what decides, because a module that is not
// loaded says 404 as well.
func (c *Call) refused(ctx context.Context, err error) error {
	code := status(err)
	if code == 0 {
		return err
	}
	if c.endsSoon(ctx) {
		return voicemail.ErrEnded
	}
	if code != http.StatusNotFound && code != http.StatusConflict {
		return err
	}
	if ids, e := c.client.Channels(ctx); e == nil && !slices.Contains(ids, c.id) && c.end(time.Time{}) {
		c.client.stats.vanished.Add(1)
	}
	if errors.Is(c.stopped(ctx), voicemail.ErrEnded) { // or it was told meanwhile
		return voicemail.ErrEnded
	}
	return err
}

// endsSoon waits a little for the end of the channel.
func (c *Call) endsSoon(ctx context.Context) bool {
	return errors.Is(c.await(ctx, nil, c.client.cfg.Grace), voicemail.ErrEnded)
}

// await waits until done is closed, which wins over everything else, for at
// most limit. Where that much more time went by, this process was stopped
// meanwhile: what it did not hear then is about to arrive, and is waited for.
func (c *Call) await(ctx context.Context, done <-chan struct{}, limit time.Duration) error {
	due := time.Now().Add(limit)
	err := c.awaitOnce(ctx, done, limit)
	if errors.Is(err, ErrDeadline) && time.Since(due) > stall {
		err = c.awaitOnce(ctx, done, c.client.cfg.Grace)
	}
	return err
}

// stall is how late a timer may be before it is not the machine's load but a
// stop of this process.
const stall = time.Second

func (c *Call) awaitOnce(ctx context.Context, done <-chan struct{}, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var err error
	select {
	case <-done:
		return nil
	case <-c.ended:
	case <-c.client.replaced:
	case <-ctx.Done():
	case <-timer.C:
		err = ErrDeadline
	}
	select {
	case <-done:
		return nil
	default:
	}
	if stopped := c.stopped(ctx); stopped != nil {
		return stopped
	}
	return err
}

// stopped says why no further step may be taken.
func (c *Call) stopped(ctx context.Context) error {
	select {
	case <-c.client.replaced: // the channel is another's now
		return ErrReplaced
	default:
	}
	select {
	case <-c.ended:
		return voicemail.ErrEnded
	default:
	}
	return ctx.Err()
}

// waiting are the steps that Asterisk was asked for and that are not over.
func (c *Call) waiting() []step {
	c.mu.Lock()
	defer c.mu.Unlock()
	var steps []step
	if c.play != nil && c.play.begun && !c.play.over {
		steps = append(steps, c.play)
	}
	if c.rec != nil && c.rec.begun && !c.rec.over {
		steps = append(steps, c.rec)
	}
	return steps
}

// nextPlay numbers the playbacks of a call. The id follows from the channel's,
// so that one can be found by whoever knows the channel.
func (c *Call) nextPlay() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plays++
	return c.id + ".play" + strconv.Itoa(c.plays)
}
