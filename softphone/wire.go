package softphone

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/emiago/diago/media"
	"github.com/pion/rtp"
)

const (
	// listenFor is one wait for a packet, a little longer than packets take to
	// follow each other.
	listenFor = 25 * time.Millisecond
	// slack is how many waits in a row may be in vain before that counts as
	// silence: 0.3 s. On a busy machine Asterisk or this process is held up for
	// a while, and who takes that for the beep's end speaks into the beep; a
	// person does not begin to speak any sooner.
	slack = 12
	// heldUp is the same where a part of the beep is still to come: 2 s.
	heldUp = 80
	// A socket that only fails would be asked again for ever.
	listenErrors = 100
)

// sendRTP sends a packet. The session is asked for each time, because a
// re-INVITE puts another in its place.
func (l *leg) sendRTP(p *rtp.Packet) error { return l.dialog.RTPSession().WriteRTP(p) }

// listen lets the ear hear until ctx ends or the socket closes, which is how
// diago ends a call's audio on BYE. It reads the RTP session and not diago's
// audio reader: that one gives payloads without the timestamps by which they
// have their place.
func (l *leg) listen(ctx context.Context, e *ear) {
	buf := make([]byte, media.RTPBufSize)
	missed, failed := 0, 0
	for ctx.Err() == nil && failed < listenErrors {
		// diago has no call that takes a deadline; this sets the socket's.
		if err := l.dialog.MediaSession().StopRTP(1, listenFor); err != nil {
			return
		}
		// Payload must be nil: diago copies into one that is there without
		// cutting it to length, and the packet before would stick out.
		var p rtp.Packet
		n, err := l.dialog.RTPSession().ReadRTP(buf, &p)
		var netErr net.Error
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case errors.As(err, &netErr) && netErr.Timeout():
			// Silence is counted in waits and not by the clock: a deadline
			// that passed while this process was held up wins over packets
			// that lie ready, but only once.
			if missed++; missed > e.patience() {
				e.quiet(time.Now())
			}
		case err != nil:
			failed++ // not RTP
		case n > 0: // 0 for what is not to be heard: on hold, or an unknown payload type
			missed, failed = 0, 0
			e.packet(&p, time.Now())
		}
	}
}
