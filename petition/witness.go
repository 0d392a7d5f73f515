package petition

import "time"

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
