package petition_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
)

var voice = petition.Verdict{Status: petition.StatusCounted, Reason: petition.StatusReasonVoice}

// signed is the nth signature, from a mobile of its own, with a voice of its own.
func signed(n int, change ...func(*petition.Facts)) petition.Facts {
	f := petition.Facts{
		ID:          fmt.Sprint("s", n),
		StartedAt:   time.Date(2026, 11, 22, 18, n, 0, 0, time.UTC),
		Class:       petition.ClassMobile,
		Pseudonym:   fmt.Sprint("line ", n),
		AudioSHA256: fmt.Sprint("audio ", n),
		Own:         voice,
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func from(class petition.Class, pseudonym string) func(*petition.Facts) {
	return func(f *petition.Facts) { f.Class, f.Pseudonym = class, pseudonym }
}

func sounds(audio string) func(*petition.Facts) {
	return func(f *petition.Facts) { f.AudioSHA256 = audio }
}

func own(status petition.Status, reason string) func(*petition.Facts) {
	return func(f *petition.Facts) { f.Own = petition.Verdict{Status: status, Reason: reason} }
}

func doubted(f *petition.Facts) { f.Doubt = "missing" }

func ruled(status petition.Status) func(*petition.Facts) {
	return func(f *petition.Facts) { f.Decided = status }
}

func TestResolve(t *testing.T) {
	mobile, fixed := from(petition.ClassMobile, "m"), from(petition.ClassFixed, "f")
	blank := own(petition.StatusBlank, petition.StatusReasonNoVoice)
	faint := own(petition.StatusReview, petition.StatusReasonFaint)
	tests := map[string]struct {
		facts []petition.Facts
		want  []string // of each, in order: status reason [of]
	}{
		"each its own":                {[]petition.Facts{signed(1), signed(2)}, []string{"counted voice", "counted voice"}},
		"same mobile":                 {[]petition.Facts{signed(1, mobile), signed(2, mobile), signed(3, mobile)}, []string{"counted voice", "duplicate same_mobile s1", "duplicate same_mobile s1"}},
		"same fixed line":             {[]petition.Facts{signed(1, fixed), signed(2, fixed)}, []string{"counted voice", "review household"}},
		"same line of another kind":   {[]petition.Facts{signed(1, from(petition.ClassOther, "o")), signed(2, from(petition.ClassOther, "o"))}, []string{"counted voice", "review same_line"}},
		"withheld":                    {[]petition.Facts{signed(1, from(petition.ClassWithheld, "")), signed(2, from(petition.ClassWithheld, ""))}, []string{"counted voice", "counted voice"}},
		"same samples":                {[]petition.Facts{signed(1, sounds("a")), signed(2, sounds("a"))}, []string{"counted voice", "duplicate same_audio s1"}},
		"same samples, withheld":      {[]petition.Facts{signed(1, sounds("a")), signed(2, sounds("a"), from(petition.ClassWithheld, ""))}, []string{"counted voice", "duplicate same_audio s1"}},
		"blank comes before repeats":  {[]petition.Facts{signed(1, sounds("a"), blank), signed(2, sounds("a"), blank)}, []string{"blank no_voice", "blank no_voice"}},
		"the first usable one counts": {[]petition.Facts{signed(1, mobile, blank), signed(2, mobile, faint), signed(3, mobile, doubted), signed(4, mobile), signed(5, mobile)}, []string{"blank no_voice", "review faint", "review missing", "counted voice", "duplicate same_mobile s4"}},
		"repeats come before callers": {[]petition.Facts{signed(1, sounds("a")), signed(2, sounds("a"), mobile), signed(3, mobile)}, []string{"counted voice", "duplicate same_audio s1", "counted voice"}},
		"a person before everything":  {[]petition.Facts{signed(1, mobile), signed(2, mobile, ruled(petition.StatusCounted)), signed(3, mobile)}, []string{"counted voice", "counted decided", "duplicate same_mobile s1"}},
		"rejected frees the place":    {[]petition.Facts{signed(1, mobile, ruled(petition.StatusRejected)), signed(2, mobile), signed(3, mobile)}, []string{"rejected decided", "counted voice", "duplicate same_mobile s2"}},
		"withdrawn keeps the place":   {[]petition.Facts{signed(1, mobile, ruled(petition.StatusWithdrawn)), signed(2, mobile)}, []string{"withdrawn decided", "duplicate same_mobile s1"}},
		"withdrawn, and one before":   {[]petition.Facts{signed(1, mobile), signed(2, mobile, ruled(petition.StatusWithdrawn))}, []string{"duplicate same_mobile s2", "withdrawn decided"}},
		"confidential keeps it too":   {[]petition.Facts{signed(1, mobile, ruled(petition.StatusConfidential)), signed(2, mobile), signed(3, mobile, faint)}, []string{"confidential decided", "duplicate same_mobile s1", "review faint"}},
		"confidential, one before":    {[]petition.Facts{signed(1, mobile), signed(2, mobile, ruled(petition.StatusConfidential)), signed(3, mobile)}, []string{"duplicate same_mobile s2", "confidential decided", "duplicate same_mobile s2"}},
		"confidential in a household": {[]petition.Facts{signed(1, fixed), signed(2, fixed, ruled(petition.StatusConfidential)), signed(3, fixed)}, []string{"review household", "confidential decided", "review household"}},
		"several keep it":             {[]petition.Facts{signed(1, mobile), signed(2, mobile, ruled(petition.StatusConfidential)), signed(3, mobile, ruled(petition.StatusWithdrawn))}, []string{"duplicate same_mobile s2", "confidential decided", "withdrawn decided"}},
		"confidential, one decided":   {[]petition.Facts{signed(1, mobile, ruled(petition.StatusCounted)), signed(2, mobile, ruled(petition.StatusConfidential)), signed(3, mobile)}, []string{"counted decided", "confidential decided", "duplicate same_mobile s2"}},
		"confidential, no number":     {[]petition.Facts{signed(1, from(petition.ClassWithheld, ""), ruled(petition.StatusConfidential)), signed(2, from(petition.ClassWithheld, ""))}, []string{"confidential decided", "counted voice"}},
		"confidential, a repeat":      {[]petition.Facts{signed(1, sounds("a")), signed(2, mobile, sounds("a"), ruled(petition.StatusConfidential)), signed(3, mobile)}, []string{"counted voice", "confidential decided", "duplicate same_mobile s2"}},
		"repeats of a rejected one":   {[]petition.Facts{signed(1, sounds("a"), ruled(petition.StatusRejected)), signed(2, sounds("a"))}, []string{"rejected decided", "duplicate same_audio s1"}},
		"decided a voice after all":   {[]petition.Facts{signed(1, mobile, blank, ruled(petition.StatusCounted)), signed(2, mobile)}, []string{"counted decided", "duplicate same_mobile s1"}},
		"at the same moment":          {[]petition.Facts{signed(1, mobile), {ID: "s0", StartedAt: signed(1).StartedAt, Class: petition.ClassMobile, Pseudonym: "m", Own: voice}}, []string{"duplicate same_mobile s0", "counted voice"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			facts := append([]petition.Facts(nil), tt.facts...)
			rand.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
			verdicts := petition.Resolve(facts)
			var got []string
			for _, f := range tt.facts {
				v := verdicts[f.ID]
				text := string(v.Status) + " " + v.Reason
				if v.Of != "" {
					text += " " + v.Of
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTransition(t *testing.T) {
	const (
		yes = "counted>blank counted>review counted>confidential counted>rejected counted>withdrawn counted>test " +
			"blank>counted blank>review blank>confidential blank>rejected blank>test " +
			"duplicate>counted duplicate>review duplicate>confidential duplicate>rejected duplicate>withdrawn duplicate>test " +
			"review>counted review>blank review>confidential review>rejected review>withdrawn review>test " +
			"confidential>counted confidential>review confidential>rejected confidential>withdrawn " +
			"rejected>review rejected>confidential rejected>withdrawn test>review "
	)
	got := ""
	for _, a := range petition.Statuses {
		for _, b := range petition.Statuses {
			if petition.Transition(a, b) == nil {
				got += fmt.Sprintf("%s>%s ", a, b)
			}
		}
	}
	if diff := cmp.Diff(yes, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if petition.Transition("", petition.StatusCounted) == nil || petition.Decidable(petition.StatusDuplicate) {
		t.Error("what is no status can become counted, or a person can name a duplicate")
	}
}
