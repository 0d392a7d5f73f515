package petition

// The reasons that Judge gives for a status.
const (
	StatusReasonVoice    = "voice"     // counted: somebody speaks
	StatusReasonNoVoice  = "no_voice"  // blank: silence or a machine from end to end
	StatusReasonFaint    = "faint"     // review: perhaps a person, such as one who whispers
	StatusReasonNoNotice = "no_notice" // review: recorded without evidence that the notice was heard to its end
)

// Thresholds are what Judge goes by. They are part of the configuration.
type Thresholds struct {
	// SpeechSeconds of speech and more are a voice that counts,
	SpeechSeconds float64
	// unless it is quieter than LevelDBFS, which goes to review.
	LevelDBFS float64
	// BlankSeconds of speech and of what is unclear, together, are a person:
	// with less, a recording is blank.
	BlankSeconds float64
}

// DefaultThresholds are those that the labelled set calibrates the measure by.
func DefaultThresholds() Thresholds {
	return Thresholds{SpeechSeconds: 0.25, LevelDBFS: -60, BlankSeconds: 0.07}
}

// Or are these thresholds, or the default where none are given.
func (t Thresholds) Or() Thresholds {
	if t == (Thresholds{}) {
		return DefaultThresholds()
	}
	return t
}

// Judge says what a recording counts for by itself, before any comparison with
// other signatures and before any human decision. Doubt goes to review and
// never to blank: a measure that is no number is reviewed.
func (t Thresholds) Judge(c Consent, m Measure) (Status, string) {
	switch {
	case !c.Complete:
		return StatusReview, StatusReasonNoNotice
	case m.SpeechSeconds >= t.SpeechSeconds && m.LevelDBFS >= t.LevelDBFS:
		return StatusCounted, StatusReasonVoice
	case m.SpeechSeconds+m.UnclearSeconds < t.BlankSeconds:
		return StatusBlank, StatusReasonNoVoice
	default:
		return StatusReview, StatusReasonFaint
	}
}
