package softphone

import (
	"time"

	"glennline/softphone/audio"
)

// Report is what came of a call. Offsets count from the answer, the moment in
// which the 200 OK arrived.
type Report struct {
	CallID string // Call-ID of the INVITE

	// Provisional are the 1xx statuses in order. sipgo handles every response
	// in a goroutine of its own, so one that is followed by the final response
	// in the same instant may be missing.
	Provisional []int
	Status      int           // final status of the INVITE; 0 without one
	Reason      string        // its phrase
	Cause       int           // Q.850 cause out of a Reason header of the refusal or the other end's BYE; 0 without one
	RingTime    time.Duration // INVITE to the first provisional response but 100; 0 without one
	AnswerTime  time.Duration // INVITE to 200 OK; 0 without one

	FirstAudio time.Duration // offset of the first sample above -42 dBFS; negative if none came
	Beeps      []audio.Beep
	// Heard is all that was heard, at audio.Rate. Sample 0 is the moment of
	// the answer; the rest stands where its RTP timestamp puts it, and what was
	// lost or not sent is silence.
	Heard []int16
	// Arrivals says when what was heard came, in the order in which it came. A
	// sender's timestamps hide pauses that are short; these do not.
	Arrivals []Arrival
	Stream   Stream

	SpokenFrom, SpokenTo time.Duration // offsets of the message's first and last packet; negative if not spoken
	Said                 int           // samples of Script.Say that were sent: all, unless the call ended within

	Length time.Duration // answer to end; 0 if not answered
	Ended  Ended
}

// Arrival is a packet that was heard.
type Arrival struct {
	Sample int           // the first one's place in Heard
	At     time.Duration // offset from the answer
}

// Beep is the beep's end as an offset, negative if none was heard.
func (r Report) Beep() time.Duration {
	if len(r.Beeps) == 0 {
		return -1
	}
	return r.Beeps[0].To
}

// Ended says who or what ended the call.
type Ended string

// How calls end.
const (
	EndedCaller    Ended = "caller"    // we hung up, as the script says
	EndedCallee    Ended = "callee"    // the other end hung up
	EndedRefused   Ended = "refused"   // final response of 300 or more
	EndedCancelled Ended = "cancelled" // CANCEL before the answer
	EndedTimeout   Ended = "timeout"   // not answered in time, or MaxLength reached
	EndedFailed    Ended = "failed"    // see the error
)
