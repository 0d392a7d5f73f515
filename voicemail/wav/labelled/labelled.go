// Package labelled is a set of recordings of which it is known what is in them:
// the measure of package wav is calibrated and tested on it.
//
// A recording is mixed from a clip in clips/ (voices of a synthesizer, people
// who spoke prompts, music on hold) or from sounds that are computed (noise,
// hum, tones, clicks, breath), at a level, in surroundings, and goes through
// A-law as on a trunk. Everything that is random follows from the seed and the
// recording's place in the set, so that the same seed gives the same samples.
//
// It is for tests, and for people who want to hear what is tested:
// go run ./voicemail/wav/labelled/write -to DIR.
package labelled

import (
	"hash/fnv"
	"iter"
	"math/rand/v2"

	"glennline/petition"
)

// Rate is that of all recordings, in Hz.
const Rate = 8000

// Levels are those at which voices and machines are heard, in dBFS RMS of what
// sounds, pauses left out.
var Levels = []float64{-20, -30, -40, -45, -50}

// Label is what is in a recording, and with it what it may be judged as.
type Label string

// The labels.
const (
	// Voice is somebody who speaks: to be counted.
	Voice Label = "voice"
	// Faint is somebody who is hardly heard (at -45 dBFS and below, or little
	// above the noise), whispers or sobs: to be counted or reviewed, never blank.
	Faint Label = "faint"
	// Unclear is breath: perhaps a person who cannot speak. To be reviewed.
	Unclear Label = "unclear"
	// Sound is a machine that comes and goes as a voice does, such as a horn: to
	// be reviewed or blank, never counted.
	Sound Label = "sound"
	// Blank is silence or a machine: to be blank.
	Blank Label = "blank"
)

// Right is whether a recording with the label may be judged so.
func (l Label) Right(s petition.Status) bool {
	switch l {
	case Voice:
		return s == petition.StatusCounted
	case Faint:
		return s == petition.StatusCounted || s == petition.StatusReview
	case Unclear:
		return s == petition.StatusReview
	case Sound:
		return s == petition.StatusReview || s == petition.StatusBlank
	case Blank:
		return s == petition.StatusBlank
	}
	return false
}

// Part is what a recording is for.
type Part string

// The parts. What is in one of them sounds in no recording of the other: no
// speaker, no track of music, no draw of what is computed.
const (
	Calibration Part = "calibration" // thresholds were chosen by these
	HeldOut     Part = "held-out"    // and tested by these
)

// Recording is one of the set.
type Recording struct {
	Name  string // unique in the set
	Kind  string // what sounds, and where: "voice in street", "hum"
	Label Label
	Part  Part
	Level float64 // dBFS, one of Levels; of silence 0
	make  func(r *rand.Rand) []float64
	seed  uint64
}

// Person is whether there is one in the recording.
func (r Recording) Person() bool { return r.Label == Voice || r.Label == Faint }

// Samples are the recording's, the same each time.
func (r Recording) Samples() []int16 {
	return trunk(r.make(r.random("sound")))
}

// random is a source that follows from the seed, the recording, and what it is
// for.
func (r Recording) random(what string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(r.Name + "\x00" + what)) // never fails
	return rand.New(rand.NewPCG(r.seed, h.Sum64()))
}

// Set gives the recordings that belong to a seed, in order.
func Set(seed uint64) iter.Seq[Recording] {
	return func(yield func(Recording) bool) {
		for _, group := range []func(uint64) iter.Seq[Recording]{spoken, cried, machines} {
			for r := range group(seed) {
				if !yield(r) {
					return
				}
			}
		}
	}
}
