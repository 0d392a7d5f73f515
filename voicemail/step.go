package voicemail

import "time"

// Step is something that happened in a call, for those who watch.
type Step struct {
	CallID string
	Kind   StepKind
	Detail string // the dialled number, the notice's version, a path: never the caller's number
	At     time.Time
}

// StepKind names a step.
type StepKind string

// The steps, in the order of a call that goes well.
const (
	StepRing      StepKind = "ring"
	StepAnswer    StepKind = "answer"
	StepNotice    StepKind = "notice"
	StepBeep      StepKind = "beep"
	StepRecord    StepKind = "recording"
	StepAgain     StepKind = "asked once more"
	StepHangup    StepKind = "hang-up"
	StepSignature StepKind = "signature" // Detail is the path below the archive
	StepEnd       StepKind = "end"       // ended without a voice; Detail is the ending
)

func (v *visit) step(kind StepKind, detail string) {
	if v.Observe != nil {
		v.Observe(Step{CallID: v.call.ID, Kind: kind, Detail: detail, At: time.Now()})
	}
}
