package softphone

import (
	"context"
	"time"
)

// packetTime is how much audio a packet holds, and packetSamples as samples.
const (
	packetTime    = 20 * time.Millisecond
	packetSamples = 160
)

// clock is what the mouth needs of time.
type clock interface {
	Now() time.Time
	// WaitUntil returns at t, at once if t is past; false if ctx ended first.
	WaitUntil(ctx context.Context, t time.Time) bool
}

// systemClock uses the monotonic clock, which is what a time.Time of
// time.Now compares by: setting the machine's time neither stops the audio nor
// makes it burst.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) WaitUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// pacer says when each packet is due. It counts from the start and not from
// the packet before, so that being late once does not make all that follows
// late: after a stall the packets that are overdue go out at once, and the far
// end has lost nothing. (diago's own writer waits for a ticker, which drops
// ticks; its audio falls behind on a busy machine.)
type pacer struct{ start time.Time }

func (p pacer) due(packet int) time.Time {
	return p.start.Add(time.Duration(packet) * packetTime)
}
