package softphone

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// response is a response to the INVITE, and when it came.
type response struct {
	status int
	at     time.Time
}

// dial sends the INVITE and sees it through to an answer, a refusal, or our
// giving up. Only an answered call, which is not yet acknowledged, goes on.
func (c *call) dial(ctx context.Context) (answered bool, err error) {
	inviteCtx, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	responses := make(chan response, 16) // sipgo takes no more than 11
	over := make(chan error, 1)

	c.began = time.Now()
	c.event(Event{Kind: Calling, At: c.began})
	go func() {
		over <- c.leg.invite(inviteCtx, func(res *sip.Response) {
			responses <- response{status: res.StatusCode, at: time.Now()}
		})
	}()

	unanswered := time.NewTimer(c.script.AnswerWithin)
	defer unanswered.Stop()
	var cancel, cutOff <-chan time.Time
	if c.script.CancelAfter > 0 {
		cancel = time.After(c.script.CancelAfter)
	}
	// why is set once the call is given up. That waits for a first response,
	// without which there can be no CANCEL, but not if force is set.
	var why Ended
	stop := func(reason Ended, force bool) {
		if why == "" {
			why = reason
		}
		switch {
		case len(c.report.Provisional) > 0:
			giveUp(context.Canceled)
		case force:
			giveUp(sipgo.WaitAnswerForceCancelErr)
		default:
			return
		}
		if cutOff == nil {
			cutOff = time.After(byeWithin) // sipgo would wait for half a minute
		}
	}
	done := ctx.Done()
	for pending := true; pending; {
		select {
		case err = <-over:
			pending = false
		case res := <-responses:
			c.respond(res)
			if why != "" {
				stop(why, false)
			}
		case <-cancel:
			stop(EndedCancelled, false)
		case <-unanswered.C:
			stop(EndedTimeout, true)
		case <-done:
			done = nil
			stop(EndedCancelled, true)
		case <-cutOff:
			c.leg.agent.close()
			cutOff = nil
		}
	}
	for len(responses) > 0 {
		c.respond(<-responses)
	}
	return c.dialled(ctx, why, err)
}

// respond notes a response.
func (c *call) respond(res response) {
	since := res.at.Sub(c.began)
	switch {
	case res.status < 200:
		c.report.Provisional = append(c.report.Provisional, res.status)
		if res.status > 100 {
			if c.report.RingTime == 0 {
				c.report.RingTime = since
			}
			c.event(Event{Kind: Ringing, At: res.at, Status: res.status})
		}
	case res.status < 300:
		c.answered = res.at
		c.report.AnswerTime = since
		c.identify()
		c.event(Event{Kind: Answered, At: res.at, Status: res.status, CallID: c.report.CallID})
	}
}

// identify notes the Call-ID, which stands in the INVITE once that was sent.
func (c *call) identify() {
	if id := c.leg.dialog.InviteRequest.CallID(); id != nil {
		c.report.CallID = id.Value()
	}
}

// dialled settles what the INVITE came to. why says that, and for what reason,
// we gave it up.
func (c *call) dialled(ctx context.Context, why Ended, err error) (answered bool, _ error) {
	c.identify()
	final := c.leg.final()
	if final != nil {
		c.report.Status, c.report.Reason, c.report.Cause = final.StatusCode, final.Reason, q850(final)
	}
	switch {
	case why != "":
		c.report.Ended = why
		if err == nil && final != nil && final.IsSuccess() { // the answer was faster than our CANCEL
			err = c.leg.abandon(ctx, final)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			return false, err
		}
		if why == EndedTimeout && len(c.report.Provisional) == 0 {
			return false, fmt.Errorf("%s: nothing came within %v: %w (is a SIP server running there?)",
				c.leg.dialog.InviteRequest.Destination(), c.script.AnswerWithin, ErrNoResponse)
		}
		return false, ctx.Err()
	case err != nil:
		return false, err
	case !final.IsSuccess():
		c.report.Ended = EndedRefused
		return false, nil
	}
	return true, nil
}
