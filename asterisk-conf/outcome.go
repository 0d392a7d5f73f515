package asteriskconf

import "strings"

// Outcome is what the dialplan did with a call, told by the context that the
// call is in: Asterisk's events and its log name it.
type Outcome string

// The outcomes.
const (
	OutcomeCall       Outcome = "call"           // it is looked at; with Stasis() it is handed over
	OutcomeFallback   Outcome = "fallback"       // the dialplan answers by itself
	OutcomeUnknown    Outcome = "unknown-number" // and no line has the number: 404
	OutcomeFullCalls  Outcome = "full-calls"     // as many calls as there may be: 503
	OutcomeFullDisk   Outcome = "full-disk"      // no room on the disk, or it cannot be written: 503
	OutcomeFullCaller Outcome = "full-caller"    // as many from one number as there may be: 503
	OutcomeClosed     Outcome = "closed"         // Asterisk is about to end: 503
)

// OutcomeOf reads a context of ours, in an own Asterisk or in another; "" for any
// other context.
func OutcomeOf(context string) Outcome {
	outcome := Outcome(strings.TrimPrefix(context, fragmentPrefix))
	switch outcome {
	case OutcomeCall, OutcomeFallback, OutcomeUnknown, OutcomeFullCalls, OutcomeFullDisk, OutcomeFullCaller, OutcomeClosed:
		return outcome
	}
	return ""
}
