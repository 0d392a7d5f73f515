package main

import (
	"fmt"
	"time"
)

const (
	// mayLose is what Asterisk has not written yet when it is killed.
	mayLose = 2100 * time.Millisecond
	// tolerance is for a machine that is at its limit: until Asterisk acts on
	// the end of a prompt, and SIPp on its timers.
	tolerance = 1500 * time.Millisecond
	// starting is from the answer to the first frame of the recording.
	starting = prompts + time.Second
)

// lost says how much of a call's message is missing beyond what may be, and
// whether that can be told. It can where nothing happened to who plays the
// prompts until the recording began, which for a call that the dialplan served
// is Asterisk: from then on Asterisk records, whatever becomes of glennline.
func lost(c call, r row, faults []fault) (missing time.Duration, checked bool) {
	end := c.bye
	for _, f := range faults {
		if r.byDialplan() && (f.kind == killGlennline || f.kind == stopGlennline) {
			continue
		}
		if f.to.Before(c.answered.Add(-500 * time.Millisecond)) {
			continue
		}
		if f.from.Before(c.answered.Add(starting)) && !f.from.After(orEver(end)) {
			return 0, false
		}
		switch {
		case f.killsAsterisk() && f.from.Before(orEver(end)):
			end = f.from.Add(-mayLose)
		case f.kind == stopAsterisk && f.from.Before(orEver(end)):
			return 0, false
		}
	}
	if end.IsZero() {
		return 0, false // hung up by us
	}
	said := end.Sub(c.answered) - prompts
	if said <= 0 {
		return 0, false
	}
	return said - time.Duration(r.Seconds*float64(time.Second)), true
}

// orEver is a moment, or one after all others where it is zero.
func orEver(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return t
}

// shortfall is over all calls whose message can be held against its length.
type shortfall struct {
	calls int
	worst time.Duration
}

func (s *shortfall) add(missing time.Duration) {
	s.calls++
	s.worst = max(s.worst, missing)
}

func (s shortfall) String() string {
	return fmt.Sprintf("of %d messages whose length is known, none lacks more than %.2f s beyond the %.1f s that Asterisk may lose",
		s.calls, s.worst.Seconds(), mayLose.Seconds())
}
