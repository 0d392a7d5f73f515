package metrics

import (
	"context"
	"time"

	"glennline/petition"
	"glennline/voicemail"
)

// Ledger counts what goes through another.
func (m *Metrics) Ledger(inner voicemail.Ledger) voicemail.Ledger { return &counted{m, inner} }

type counted struct {
	m     *Metrics
	inner voicemail.Ledger
}

func (c *counted) Begin(ctx context.Context, call petition.Call) error {
	c.m.mu.Lock()
	c.m.open[call.ID] = &timing{line: c.m.label(call.Line), arrived: call.StartedAt}
	c.m.mu.Unlock()
	return c.inner.Begin(ctx, call)
}

func (c *counted) End(ctx context.Context, closing petition.Closing) (*petition.Signature, error) {
	signature, err := c.inner.End(ctx, closing)
	c.m.ended(closing, "", err)
	return signature, err
}

func (c *counted) Settle(ctx context.Context, call petition.Call, closing petition.Closing) (*petition.Signature, error) {
	signature, err := c.inner.Settle(ctx, call, closing)
	c.m.ended(closing, call.Line, err)
	return signature, err
}

func (c *counted) Leave(callID string) {
	c.m.mu.Lock()
	delete(c.m.open, callID) // it is counted by none: its ending is reconcile's
	c.m.mu.Unlock()
	c.inner.Leave(callID)
}

// ended counts a call's end, and how long its ending took to be on disk.
func (m *Metrics) ended(closing petition.Closing, line string, err error) {
	m.mu.Lock()
	if t := m.open[closing.CallID]; t != nil {
		line = t.line
		delete(m.open, closing.CallID)
	}
	m.mu.Unlock()
	if err != nil {
		return // it is found by reconcile, and no call is counted twice
	}
	m.calls.WithLabelValues(m.label(line), string(closing.Ending.Result), string(closing.Ending.Reason)).Inc()
	m.commit.WithLabelValues(m.label(line)).Observe(time.Since(closing.EndedAt).Seconds())
}
