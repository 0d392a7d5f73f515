package voicemail

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// rowWithin is how long a call's row may take until the call is claimed without it.
// Asterisk takes back what is not claimed three seconds after its arrival.
const rowWithin = time.Second

// tooLate is how old a call is when Asterisk may be taking it back.
const tooLate = 3*time.Second - 100*time.Millisecond

// errTakenBack says that Asterisk answers the call by itself.
var errTakenBack = errors.New("call taken back")

// enter writes the row of a call that is not answered yet. Its claim can wait until
// the answer, which the caller waits for, unless it is about to be too late or the
// caller is to hear ringing for longer than Asterisk waits for a claim.
func (v *visit) enter(ctx context.Context) error {
	switch {
	case v.adopting:
	case v.found, v.line.RingFor > 0, time.Since(v.call.StartedAt) > rowWithin:
		if err := v.claimUnanswered(ctx); err != nil {
			return err
		}
	default:
		return v.enterSoon(ctx)
	}
	return v.Ledger.Begin(ctx, v.call)
}

func (v *visit) enterSoon(ctx context.Context) error {
	written := make(chan error, 1)
	go func() { written <- v.Ledger.Begin(ctx, v.call) }()
	timer := time.NewTimer(rowWithin)
	defer timer.Stop()
	select {
	case err := <-written:
		return err
	case <-timer.C:
	}
	// The row waits for the disk.
	lost := v.claimUnanswered(ctx)
	err := <-written
	if lost != nil {
		return lost
	}
	return err
}

// claimUnanswered claims the call until the notice is over. It is errTakenBack if
// Asterisk has it already; other troubles are no reason not to answer.
func (v *visit) claimUnanswered(ctx context.Context) error {
	late := time.Since(v.call.StartedAt) > tooLate
	err := v.claim(ctx, v.line.RingFor+length(v.Prompts.Set(v.line.Name)))
	switch {
	case errors.Is(err, ErrEnded) && v.ch.Fate().TakenBack:
		return errTakenBack
	case err != nil && !errors.Is(err, ErrEnded):
		v.unclaimed(err)
	case err == nil && late:
		// Where all was stopped, Asterisk accepts that and takes the call back all the same.
		v.claimedLate = time.Now()
	}
	return nil
}

func (v *visit) unclaimed(err error) {
	v.log.Warn("call could not be claimed: asterisk may take it back", zap.Error(err))
}
