// Package softphone is a telephone that follows a script: it calls a SIP
// address, listens, finds the beep in what it hears, speaks, presses keys and
// hangs up, and reports what happened to the sample. It stands where a caller
// stands, so that what it sees is what a caller gets.
//
// It is built on diago and sipgo. One call is one user agent with sockets of
// its own, so any number of calls run at once and none disturbs another:
//
//	Call ── dial ──▶ leg ─┬─ ear    RTP in: hears, measures, finds the beep
//	                      ├─ mouth  RTP out: silence, speech and keys in real time
//	                      └─ live   the script: moments in, orders out, hang-up
//
// The package logs no number and nothing that was heard or said. The libraries
// below it would: they log whole requests, the caller's number among them, to
// the process's default logger. Importing softphone silences them for the
// whole process, because that is the only lever they offer.
package softphone

import (
	"log/slog"

	"github.com/emiago/diago/media"
	"github.com/emiago/sipgo/sip"
)

// The libraries ask that this happens before anything of theirs is used, and
// read it without a lock: hence here and not in Call.
func init() {
	sip.SetDefaultLogger(silent)
	media.SetDefaultLogger(silent)
}

var silent = slog.New(slog.DiscardHandler)
