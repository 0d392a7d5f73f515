package softphone

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emiago/diago/media"

	"glennline/softphone/audio"
)

// ErrKeys says that keys are to be pressed and the other end takes none.
var ErrKeys = errors.New("the other end takes no telephone events (RFC 4733)")

// laws are the audio formats that we speak, by payload type (RFC 3551).
var laws = map[uint8]audio.Law{
	media.CodecAudioAlaw.PayloadType: audio.ALaw,
	media.CodecAudioUlaw.PayloadType: audio.MuLaw,
}

// talk takes an answered call from the ACK to its end.
func (c *call) talk(ctx context.Context) error {
	if err := c.leg.acknowledge(ctx); err != nil {
		return err
	}
	senses, stopped := make(chan sense, 64), make(chan struct{})
	tell := func(s sense) {
		select {
		case senses <- s:
		case <-stopped:
		}
	}
	var wait sync.WaitGroup
	ear := newEar(c.answered, laws, c.script.Beep, c.script.MaxLength, tell)
	ear.beep = c.script.BeepLength
	earCtx, stopEar := context.WithCancel(context.WithoutCancel(ctx))
	wait.Go(func() { c.leg.listen(earCtx, ear) })

	mouth, err := c.newMouth(tell)
	mouthCtx, stopMouth := context.WithCancel(context.WithoutCancel(ctx))
	mute := make(chan error, 1)
	if err == nil && !c.script.NoRTP {
		wait.Go(func() {
			defer close(mute)
			mute <- mouth.run(mouthCtx)
		})
	} else {
		close(mute)
	}

	l := newLive(c, mouth, senses)
	if err == nil {
		err = l.follow(ctx, mute)
	}
	end := time.Now()
	close(stopped)
	stopMouth()
	for range mute { // until it is closed
	}
	if c.report.Ended == EndedCallee {
		c.report.Cause = c.leg.agent.byeCause()
	} else {
		err = errors.Join(err, c.leg.hangUp(ctx))
	}
	stopEar()
	c.leg.close()
	wait.Wait()
	c.conclude(ear, mouth, end)
	return err
}

// newMouth speaks the format that was agreed.
func (c *call) newMouth(tell func(sense)) (*mouth, error) {
	agreed := c.leg.dialog.MediaSession().CommonCodecs()
	codec, ok := media.CodecAudioFromList(agreed)
	law, spoken := laws[codec.PayloadType]
	if !ok || !spoken {
		return nil, fmt.Errorf("agreed on payload type %d: %w", codec.PayloadType, ErrMedia)
	}
	m := &mouth{send: c.leg.sendRTP, tell: tell, clock: systemClock{}, law: law, payloadType: codec.PayloadType, dies: c.script.SilentAfter, uplink: c.script.Uplink}
	for _, a := range agreed {
		if a.Name == media.CodecTelephoneEvent8000.Name {
			m.keyType = a.PayloadType
		}
	}
	if c.script.Keys != "" && m.keyType == 0 {
		return nil, ErrKeys
	}
	return m, nil
}

// conclude fills the report with what was heard and said.
func (c *call) conclude(e *ear, m *mouth, end time.Time) {
	r := &c.report
	r.Length = end.Sub(c.answered)
	r.Heard, r.Arrivals, r.Beeps, r.Stream = e.heard, e.arrivals, e.beeps, e.Stream
	if e.first >= 0 {
		r.FirstAudio = time.Duration(e.first) * time.Second / audio.Rate
	}
	if m == nil {
		return
	}
	if said := m.result(); !said.to.IsZero() {
		r.SpokenFrom, r.SpokenTo, r.Said = said.from.Sub(c.answered), said.to.Sub(c.answered), said.samples
	}
}
