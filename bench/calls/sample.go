package main

import (
	"fmt"
	"time"
)

// sample is one run. CPU times are milliseconds a call.
type sample struct {
	Who     contestant `json:"who"`
	Rate    int        `json:"calls_per_second"`
	Length  float64    `json:"call_seconds"`
	Alone   bool       `json:"glennline_alone,omitempty"` // the others do not answer this load
	Pair    int        `json:"pair"`
	Began   time.Time  `json:"began"`
	Seconds float64    `json:"seconds"`
	Calls   int        `json:"calls"`
	Lost    int        `json:"lost"` // failed for the caller, or without a voice on disk

	Asterisk  cost `json:"asterisk"`
	Glennline cost `json:"glennline"`
	SIPp      cost `json:"sipp"`
	// Rest is everything else on the machine: the kernel's own work for the
	// disk, and what has nothing to do with us. Load is that in cores.
	Rest float64 `json:"rest_ms_per_call"`
	Load float64 `json:"rest_cores"`
	// Busiest is how much of all cores was in use in the busiest second.
	Busiest float64 `json:"machine_busiest_percent"`

	SIP        placed     `json:"sip"`
	Answer     latency    `json:"channel_to_answer"` // by Asterisk's clock
	Probes     []probe    `json:"probes"`
	Recordings recordings `json:"recordings"`
}

// cost is CPU time in milliseconds a call.
type cost struct {
	Total  float64 `json:"total"`
	User   float64 `json:"user,omitempty"`
	System float64 `json:"system,omitempty"`
}

func newSample(who contestant, l load, p placed, probes []probe, before, after reading) sample {
	s := sample{Who: who, Rate: l.Rate, Length: l.Length.Seconds(), Alone: l.Alone, Began: before.at, Seconds: after.at.Sub(before.at).Seconds(), Calls: p.Calls + len(probes), SIP: p, Probes: probes}
	each := func(d time.Duration) float64 { return millis(d) / float64(max(1, s.Calls)) }
	costOf := func(u usage) cost { return cost{each(u.Total), each(u.User), each(u.System)} }
	asterisk, glennline := after.asterisk.since(before.asterisk), after.glennline.since(before.glennline)
	rest := max(0, after.machine-before.machine-asterisk.Total-glennline.Total-p.cpu)
	s.Asterisk, s.Glennline, s.SIPp = costOf(asterisk), costOf(glennline), cost{Total: each(p.cpu)}
	s.Rest, s.Load = each(rest), rest.Seconds()/s.Seconds
	return s
}

// total is what the machine spends on answering a call. What glennline does
// meanwhile for itself is no cost of a call that it has no part in.
func (s sample) total() float64 {
	if s.Who != withGlennline {
		return s.Asterisk.Total
	}
	return s.Asterisk.Total + s.Glennline.Total
}

func (s sample) String() string {
	return fmt.Sprintf("%-9s %3d/s x %2.0f s  %5.1f s  Asterisk %6.2f  glennline %5.2f ms a call  answer %6.2f ms  lost %d, short %d, gaps %d  rest %.2f cores",
		s.Who, s.Rate, s.Length, s.Seconds, s.Asterisk.Total, s.Glennline.Total, s.Answer.P50, s.Lost, s.Recordings.Short, s.Recordings.Gaps.Recordings, s.Load)
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
