package softphone

import (
	"context"
	"time"
)

// live is the script while the call stands: moments come in, orders go out.
type live struct {
	c      *call
	mouth  *mouth
	senses <-chan sense

	said, pressed bool // what there is to say is out; likewise the keys
	beeps         int
	hangUp        <-chan time.Time
}

func newLive(c *call, m *mouth, senses <-chan sense) *live {
	return &live{c: c, mouth: m, senses: senses, pressed: c.script.Keys == ""}
}

// follow returns when the call is to end or has ended, with report.Ended set.
// muted tells that the mouth failed.
func (l *live) follow(ctx context.Context, muted <-chan error) error {
	c := l.c
	gone := c.leg.dialog.Context().Done()
	longest := time.NewTimer(time.Until(c.answered.Add(c.script.MaxLength)))
	defer longest.Stop()
	if c.script.NoRTP {
		muted = nil
	}
	l.reach(AfterAnswer, c.answered)
	for {
		select {
		case <-gone:
			c.report.Ended = EndedCallee
			return nil
		case <-l.hangUp:
			c.report.Ended = EndedCaller
			return nil
		case <-longest.C:
			c.report.Ended = EndedTimeout
			return nil
		case <-ctx.Done():
			c.report.Ended = EndedCaller
			return ctx.Err()
		case err := <-muted:
			// The other end's BYE closes the socket under the mouth.
			if c.leg.dialog.Context().Err() != nil {
				c.report.Ended = EndedCallee
				return nil
			}
			return err
		case s := <-l.senses:
			c.event(Event{Kind: s.kind, At: s.at, Beep: s.beep})
			l.sense(s)
		}
	}
}

func (l *live) sense(s sense) {
	script := l.c.script
	switch s.kind {
	case BeepBegan:
		if l.beeps+1 == script.BeepNo {
			l.reach(DuringBeep, s.at)
		}
	case BeepEnded:
		if l.beeps++; l.beeps == script.BeepNo {
			l.reach(AfterBeep, l.c.answered.Add(s.beep.To))
		}
	case Spoke:
		l.spoke(s.at)
	case Pressed:
		l.pressed = true
		l.messageDone(s.at)
	default: // the others are told to whoever listens and decide nothing
	}
}

// reach does what the script has for a moment. AfterMessage is for messageDone
// alone.
func (l *live) reach(m Moment, at time.Time) {
	script := l.c.script
	if script.SayAt == m {
		if len(script.Say) > 0 {
			l.mouth.do(order{notBefore: at.Add(script.SayDelay), cue: script.Cue, say: script.Say})
		} else {
			l.spoke(at)
		}
	}
	if script.KeysAt == m {
		l.press()
	}
	l.hangUpAfter(m, at)
}

// spoke is the moment in which all is said.
func (l *live) spoke(at time.Time) {
	l.said = true
	if l.c.script.KeysAt == AfterMessage {
		l.press()
	}
	l.messageDone(at)
}

func (l *live) press() {
	if keys := l.c.script.Keys; keys != "" {
		l.mouth.do(order{keys: keys})
	}
}

func (l *live) messageDone(at time.Time) {
	if l.said && l.pressed {
		l.hangUpAfter(AfterMessage, at)
	}
}

func (l *live) hangUpAfter(m Moment, at time.Time) {
	if l.c.script.HangupAt == m && l.hangUp == nil {
		l.hangUp = time.After(time.Until(at.Add(l.c.script.HangupAfter)))
	}
}
