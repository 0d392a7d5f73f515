package petition

import (
	"strings"
	"time"
)

// ChannelEvent is a line of Asterisk's own event log (CEL): a witness of calls
// that does not depend on us. It never holds a caller's number.
type ChannelEvent struct {
	Kind     ChannelEventKind
	UniqueID string
	At       time.Time
	Context  string // of the dialplan, at that moment
}

// ChannelEventKind is the CEL event type.
type ChannelEventKind string

// The event types that are logged.
const (
	ChannelStarted  ChannelEventKind = "CHAN_START"
	ChannelAnswered ChannelEventKind = "ANSWER"
	ChannelHungUp   ChannelEventKind = "HANGUP"
)

// Witnessed is what Asterisk's event log says of a channel. Times that it does
// not tell are zero.
type Witnessed struct {
	UniqueID   string
	StartedAt  time.Time
	AnsweredAt time.Time
	EndedAt    time.Time
	Context    string // where the channel was last seen
}

// Way is what became of a channel in Asterisk's dialplan.
type Way string

// The ways. The last five are refusals before the answer.
const (
	WayServed        Way = "served"         // by glennline, as far as the dialplan knows
	WayFallback      Way = "fallback"       // by the dialplan itself, while glennline was away
	WayFullCalls     Way = "max_calls"      // as many calls as may be at once
	WayFullDisk      Way = "disk"           // too little room for recordings, or they cannot be written
	WayFullCaller    Way = "per_caller"     // as many calls from this number as may be at once
	WayClosed        Way = "closing"        // Asterisk was about to end
	WayUnknownNumber Way = "unknown_number" // no line has the dialled number; found by the dialplan
)

// WantOfRoom are the ways on which a caller was refused although the number is
// ours and Asterisk was there to stay.
func WantOfRoom() []Way { return []Way{WayFullCalls, WayFullCaller, WayFullDisk} }

// ways are the contexts of the dialplan in which a channel can end, without what
// an installation puts in front of all of them.
var ways = []struct {
	context string
	way     Way
}{
	{"fallback", WayFallback},
	{"fallback-number", WayFallback},
	{"fallback-header", WayFallback},
	{"fallback-line", WayFallback},
	{"full-calls", WayFullCalls},
	{"full-disk", WayFullDisk},
	{"full-caller", WayFullCaller},
	{"closed", WayClosed},
	{"unknown-number", WayUnknownNumber},
}

// Way says what became of the channel, by where it was last seen.
func (w Witnessed) Way() Way {
	for _, known := range ways {
		if front, ok := strings.CutSuffix(w.Context, known.context); ok && (front == "" || strings.HasSuffix(front, "-")) {
			return known.way
		}
	}
	return WayServed
}
