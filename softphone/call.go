package softphone

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// call is one call from the INVITE to its end.
type call struct {
	script Script
	leg    *leg
	report Report

	began    time.Time // the INVITE was sent
	answered time.Time
}

// Call makes one call, follows the script to its end and reports. It blocks
// for as long as the call lasts; ending ctx hangs up or cancels and returns
// ctx's error. A call that is refused, cancelled or not answered in time is a
// result and no error. Errors match ErrInvalid (nothing was sent),
// ErrNoResponse, ErrMedia, ErrKeys, or come from the network; the report then
// holds what was learned until then, and no call is left open.
func Call(ctx context.Context, cfg Config, script Script) (Report, error) {
	report := Report{Ended: EndedFailed, FirstAudio: -1, SpokenFrom: -1, SpokenTo: -1}
	if err := cfg.Validate(); err != nil {
		return report, err
	}
	if err := script.Validate(); err != nil {
		return report, err
	}
	cfg, script = cfg.withDefaults(), script.withDefaults()
	uri, err := script.recipient()
	if err != nil {
		return report, err
	}
	agent, err := newAgent(ctx, cfg, uri)
	if err != nil {
		return report, err
	}
	defer agent.close()
	leg, err := newLeg(agent, cfg, script, uri)
	if err != nil {
		return report, err
	}
	defer leg.close()

	c := &call{script: script, leg: leg, report: report}
	err = c.run(ctx)
	cfg.Log.Debug("call ended",
		zap.String("sip_call_id", c.report.CallID),
		zap.String("ended", string(c.report.Ended)),
		zap.Int("status", c.report.Status),
		zap.Duration("answer_time", c.report.AnswerTime),
		zap.Duration("length", c.report.Length),
		zap.Int("packets_lost", c.report.Stream.Lost))
	return c.report, err
}

func (c *call) run(ctx context.Context) error {
	answered, err := c.dial(ctx)
	if answered {
		err = c.talk(ctx)
	}
	c.event(Event{Kind: HungUp, Ended: c.report.Ended})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("call broken off: %w", ctx.Err())
	}
	return err
}

// event completes an event and passes it on. Only the goroutine of Call calls
// it.
func (c *call) event(e Event) {
	if c.script.OnEvent == nil {
		return
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	if !c.began.IsZero() {
		e.Since = e.At.Sub(c.began)
	}
	c.script.OnEvent(e)
}
