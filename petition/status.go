package petition

import (
	"cmp"
	"slices"
	"time"
)

// Status is what a signature counts for.
type Status string

// The statuses. The first four follow from the rule, see Resolve, or are
// decided by a person; the others only a person decides.
const (
	StatusCounted      Status = "counted"
	StatusBlank        Status = "blank"
	StatusDuplicate    Status = "duplicate" // of another one, which Verdict.Of names
	StatusReview       Status = "review"    // somebody has to listen
	StatusConfidential Status = "confidential"
	StatusRejected     Status = "rejected"
	StatusWithdrawn    Status = "withdrawn"
	StatusTest         Status = "test"
)

// Statuses are all of them, in the order in which they are told.
var Statuses = []Status{
	StatusCounted, StatusBlank, StatusDuplicate, StatusReview,
	StatusConfidential, StatusRejected, StatusWithdrawn, StatusTest,
}

// The reasons that follow from comparing, beside those of Judge.
const (
	StatusReasonSameAudio  = "same_audio"  // duplicate: exactly the same samples
	StatusReasonSameMobile = "same_mobile" // duplicate: the same mobile telephone
	StatusReasonHousehold  = "household"   // review: the same fixed line
	StatusReasonSameLine   = "same_line"   // review: the same line, neither surely mobile nor surely fixed
	StatusReasonDecided    = "decided"     // a person decided
	StatusReasonDoctor     = "doctor"      // test: a call of ClassTest, whatever is in its recording
)

// ActorRule is who decides where no person does.
const ActorRule = "glennline"

// Verdict is a status and why.
type Verdict struct {
	Status Status
	Reason string // a code
	Of     string // the signature that this one is a duplicate of, "" for any other status
}

// Facts are what the rule goes by, of one signature.
type Facts struct {
	ID          string
	StartedAt   time.Time // of the call
	Class       Class
	Pseudonym   string
	AudioSHA256 string
	Own         Verdict // of Judge
	Doubt       string  // why the recording is not what it was; "" if it is
	Decided     Status  // by a person; "" if none has
}

// Before is the order of signatures: by the start of the call, then by id.
func Before(a, b Facts) int {
	return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID))
}

// Alone is what a signature would be if there were no other.
func (f Facts) Alone() Verdict {
	switch {
	case f.Decided != "":
		return Verdict{Status: f.Decided, Reason: StatusReasonDecided}
	case f.Doubt != "" && f.Own.Status == StatusCounted:
		return Verdict{Status: StatusReview, Reason: f.Doubt}
	}
	return f.Own
}

// Compared is whether the samples are compared with others': silence is like
// silence, and says nothing.
func (f Facts) Compared() bool {
	return f.AudioSHA256 != "" && f.Alone().Status != StatusBlank
}

// Takes is whether a signature that repeats no other takes its line's place,
// which is the first one's, or one's that keeps it.
func (f Facts) Takes() bool {
	return f.Keeps() || f.Pseudonym != "" && f.Alone().Status == StatusCounted
}

// Keeps is whether a signature has its line's place whatever the others are, those
// before it too: who takes back their support, or tells something in confidence,
// neither counts nor is heard by another call of theirs, unless a person decides
// on that one too.
func (f Facts) Keeps() bool {
	return f.Pseudonym != "" && (f.Decided == StatusWithdrawn || f.Decided == StatusConfidential)
}

// Second is the verdict on one that takes a place which first has.
func (f Facts) Second(first string) Verdict {
	switch {
	case f.Decided != "":
		return f.Alone()
	case f.Class == ClassMobile:
		return Verdict{Status: StatusDuplicate, Reason: StatusReasonSameMobile, Of: first}
	case f.Class == ClassFixed:
		return Verdict{Status: StatusReview, Reason: StatusReasonHousehold}
	}
	return Verdict{Status: StatusReview, Reason: StatusReasonSameLine}
}

// Repeat is the verdict on one whose samples are exactly those of first.
func Repeat(first string) Verdict {
	return Verdict{Status: StatusDuplicate, Reason: StatusReasonSameAudio, Of: first}
}

// Resolve is the rule: what each signature counts for, by id. It depends on the
// facts alone and not on the order in which they became known. A person's
// decision comes first, then blank, then exact repeats, then the caller:
// of one mobile telephone the first usable one counts; of any other line too,
// but the next ones are reviewed, since households share it. Where one of the line
// is withdrawn or confidential, none counts by the rule. Where no number is known,
// nothing is compared.
func Resolve(all []Facts) map[string]Verdict {
	return Lines(all, Repeats(all))
}

// Repeats gives, for each signature whose samples are exactly those of an
// earlier one and that nobody decided on, the first of these.
func Repeats(all []Facts) map[string]string {
	first, repeats := map[string]string{}, map[string]string{}
	for _, f := range slices.SortedFunc(slices.Values(all), Before) {
		if !f.Compared() {
			continue
		}
		original, known := first[f.AudioSHA256]
		switch {
		case !known:
			first[f.AudioSHA256] = f.ID
		case f.Decided == "":
			repeats[f.ID] = original
		}
	}
	return repeats
}

// Lines is the rest of the rule, with the outcome of Repeats.
func Lines(all []Facts, repeats map[string]string) map[string]Verdict {
	sorted := slices.SortedFunc(slices.Values(all), Before)
	holders := Holders(sorted, repeats)
	verdicts := make(map[string]Verdict, len(all))
	for _, f := range sorted {
		verdict := f.Alone()
		if original, ok := repeats[f.ID]; ok {
			verdict = Repeat(original)
		} else if holder := holders[f.Pseudonym]; f.Takes() && holder != f.ID {
			verdict = f.Second(holder)
		}
		verdicts[f.ID] = verdict
	}
	return verdicts
}

// Holders gives, by pseudonym, the signature that has the line's place: of the
// given ones, in order, the first that keeps it, else the first that takes it.
func Holders(sorted []Facts, repeats map[string]string) map[string]string {
	holders, kept := map[string]string{}, map[string]bool{}
	for _, f := range sorted {
		if _, repeat := repeats[f.ID]; repeat || !f.Takes() || kept[f.Pseudonym] {
			continue
		}
		if _, taken := holders[f.Pseudonym]; !taken || f.Keeps() {
			holders[f.Pseudonym] = f.ID
		}
		kept[f.Pseudonym] = f.Keeps()
	}
	return holders
}
