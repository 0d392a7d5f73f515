package petition

// Ending says how a call ended: what came of it, and why it stopped there.
// Both come from small vocabularies, so that endings can be counted.
type Ending struct {
	Result Result
	Reason Reason
}

func (e Ending) String() string { return string(e.Result) + "/" + string(e.Reason) }

// Result is what came of a call.
type Result string

// The results.
const (
	ResultMessage Result = "message" // a recording with sound in it is stored
	ResultSilent  Result = "silent"  // the beep was heard, nothing was said
	ResultHungUp  Result = "hung_up" // the caller left before the recording began
	ResultRefused Result = "refused" // we did not take the call
	ResultFailed  Result = "failed"  // our side or Asterisk's failed
)

// Reason is why a call stopped where it did.
type Reason string

// The reasons.
const (
	ReasonCaller        Reason = "caller"         // the caller hung up during the recording
	ReasonSilence       Reason = "silence"        // the line's limit of silence was reached
	ReasonKey           Reason = "key"            // the caller pressed the ending key
	ReasonLength        Reason = "length"         // the longest message was reached
	ReasonNoAudio       Reason = "no_audio"       // no RTP arrived
	ReasonBeforeAnswer  Reason = "before_answer"  // CANCEL
	ReasonDuringNotice  Reason = "during_notice"  // hung up while name or notice played
	ReasonDuringBeep    Reason = "during_beep"    // hung up between notice and recording
	ReasonUnknownNumber Reason = "unknown_number" // no line has the dialled number
	ReasonNoRoom        Reason = "no_room"        // refused by the dialplan while glennline was away: no room to record into
	ReasonAnswer        Reason = "answer"         // answering failed
	ReasonPrompt        Reason = "prompt"         // a prompt could not be played
	ReasonRecord        Reason = "record"         // recording could not be started or left no usable file
	ReasonStore         Reason = "store"          // the recording could not be archived; it stays in the spool
	ReasonPBX           Reason = "pbx"            // the channel was gone without a word: Asterisk died, or the socket to it was lost meanwhile
	ReasonStopped       Reason = "stopped"        // glennline was told to end at once
	ReasonAbandoned     Reason = "abandoned"      // glennline or Asterisk ended, or hung, under the call
	ReasonFallback      Reason = "fallback"       // recorded by the dialplan while glennline was away; why it stopped is not known
	ReasonEarly         Reason = "early"          // known from Asterisk's records alone: answered, nothing recorded
	ReasonRebuilt       Reason = "rebuilt"        // known from its recording alone: the database was lost
	ReasonErased        Reason = "erased"         // it had left a voice, and the person was erased
)
