package petition

// What Judge goes by. A voice counts from MinSpeechSeconds of speech on; with
// less, it is blank only if nothing in it is louder than BlankPeakDBFS.
const (
	MinSpeechSeconds = 0.3
	BlankPeakDBFS    = -50.0
)

// The reasons that Judge gives for a status.
const (
	StatusReasonVoice    = "voice"     // counted: somebody speaks
	StatusReasonNoVoice  = "no_voice"  // blank: near-silence from end to end
	StatusReasonFaint    = "faint"     // review: something is there, perhaps a whisper
	StatusReasonNoNotice = "no_notice" // review: recorded without evidence that the notice was heard to its end
)

// Judge says what a recording counts for by itself, before any comparison with
// other signatures and before any human decision. Doubt goes to review and
// never to blank: a measure that is no number is reviewed.
func Judge(c Consent, m Measure) (Status, string) {
	switch {
	case !c.Complete:
		return StatusReview, StatusReasonNoNotice
	case m.SpeechSeconds >= MinSpeechSeconds:
		return StatusCounted, StatusReasonVoice
	case m.SpeechSeconds < MinSpeechSeconds && m.PeakDBFS <= BlankPeakDBFS:
		return StatusBlank, StatusReasonNoVoice
	default:
		return StatusReview, StatusReasonFaint
	}
}
