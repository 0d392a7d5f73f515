package ari

import (
	"context"
	"errors"
	"sync/atomic"

	"glennline/voicemail"
)

// Stats are plain counts since the client was made, but for Calls and
// Connections, which are what is there now.
type Stats struct {
	Calls       int64 // calls being served
	Connections int64 // connections to Asterisk, 0 or 1: the websocket
	Connects    int64 // times the websocket was connected; the first counts
	Arrivals    int64 // calls that StasisStart brought
	Recovered   int64 // unanswered calls that were found without StasisStart, and served
	Strays      int64 // answered calls that were found and are not ours
	Vanished    int64 // calls whose end was noticed without StasisEnd

	Events      int64 // events read
	Unrouted    int64 // events for no call of ours, and repeated ones
	Undecodable int64 // events that could not be decoded

	Requests     int64 // requests begun
	RequestsLost int64 // requests without a whole answer

	// Steps that failed, other than by the end of their channel.
	AnswerErrors, PlayErrors, RecordErrors, HangupErrors int64
}

type counters struct {
	calls, connections, connects, arrivals, recovered, strays, vanished atomic.Int64
	events, unrouted, undecodable                                       atomic.Int64
	requests, requestsLost                                              atomic.Int64
	answerErrors, playErrors, recordErrors, hangupErrors                atomic.Int64
}

func (c *counters) read() Stats {
	return Stats{
		Calls: c.calls.Load(), Connections: c.connections.Load(), Connects: c.connects.Load(),
		Arrivals: c.arrivals.Load(), Recovered: c.recovered.Load(),
		Strays: c.strays.Load(), Vanished: c.vanished.Load(),
		Events: c.events.Load(), Unrouted: c.unrouted.Load(), Undecodable: c.undecodable.Load(),
		Requests: c.requests.Load(), RequestsLost: c.requestsLost.Load(),
		AnswerErrors: c.answerErrors.Load(), PlayErrors: c.playErrors.Load(),
		RecordErrors: c.recordErrors.Load(), HangupErrors: c.hangupErrors.Load(),
	}
}

// count counts a step's error that has no outer reason.
func count(err error, counter *atomic.Int64) {
	switch {
	case err == nil, errors.Is(err, voicemail.ErrEnded), errors.Is(err, ErrReplaced),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded) && status(err) == 0 && !uncertain(err):
	default:
		counter.Add(1)
	}
}
