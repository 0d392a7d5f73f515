package main

import (
	"sync"
	"time"

	"go.uber.org/zap"

	"glennline/petition"
)

// What is flagged within burstWindow. Nobody is cut off for it: a caller in
// grief may call again, and a whole company withholds its numbers.
const (
	burstWindow   = time.Minute
	burstOfOne    = 5   // calls from one pseudonym
	burstWithheld = 100 // calls of which nobody can say whose they are
)

// bursts flags, in the log, many calls from one caller and many of withheld
// numbers in a short time. People look at them later, by pseudonym and time.
type bursts struct {
	log *zap.Logger
	now func() time.Time

	mu    sync.Mutex
	since time.Time
	calls map[string]int // by pseudonym; "" for those without
}

// note takes a call into account.
func (b *bursts) note(c petition.Caller) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if now.Sub(b.since) >= burstWindow {
		b.since, b.calls = now, make(map[string]int)
	}
	b.calls[c.Pseudonym]++
	switch n := b.calls[c.Pseudonym]; {
	case c.Pseudonym != "" && n == burstOfOne:
		b.log.Warn("many calls from one caller within a minute: look at them before you count them",
			zap.String("pseudonym", c.Pseudonym[:min(12, len(c.Pseudonym))]), zap.Int("calls", n))
	case c.Pseudonym == "" && n == burstWithheld:
		b.log.Warn("many calls of withheld numbers within a minute: look at them before you count them", zap.Int("calls", n))
	}
}
