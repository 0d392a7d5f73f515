package softphone

import (
	"time"

	"glennline/softphone/audio"
)

// Event is something that happened in a call.
type Event struct {
	Kind   Kind
	At     time.Time     // with monotonic reading
	Since  time.Duration // since the INVITE was sent
	Status int           // Calling to Answered: the SIP status, 0 for Calling
	CallID string        // Answered: Call-ID of the INVITE
	Beep   audio.Beep    // BeepBegan, BeepEnded; offsets count from the answer
	Ended  Ended         // HungUp
}

// Kind is what happened.
type Kind string

// The kinds, in the order in which they usually come.
const (
	Calling    Kind = "calling"     // the INVITE was sent
	Ringing    Kind = "ringing"     // any provisional response but 100
	Answered   Kind = "answered"    // 200 OK
	FirstAudio Kind = "first_audio" // the first sound that is not silence was heard
	BeepBegan  Kind = "beep_began"  // a tone sounds that may be a beep; known 0.15 s after it began
	BeepEnded  Kind = "beep"        // it was a beep; known up to 0.4 s after its end
	Speaking   Kind = "speaking"    // the first sample of the message is on its way
	Spoke      Kind = "spoke"       // the last one was heard
	Pressed    Kind = "pressed"     // all keys were pressed
	HungUp     Kind = "hung_up"     // the end, also of a call that was never answered
)
