//go:build e2e || heavy

package e2e

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"glennline/softphone"
	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

// The configuration of most tests: lines whose calls do not disturb each other.
const callsConfig = `
region: BE
dialled_from: [request, diversion]
lines:
  - name: main
    numbers: ["+32 2 555 01 00"]
    language: fr
    prompts: @DIR@/prompts
    limits: {message: 6s, silence: 2s}
  - name: partner
    numbers: ["02 555 01 01", "02 555 01 02"]
    language: nl
    prompts: @DIR@/prompts
    ring_for: 3s
    limits: {message: 6s, silence: 2s}
  - name: long
    numbers: ["+32 2 555 01 05"]
    language: en
    prompts: @DIR@/prompts
    limits: {message: 2m, silence: 2s}
`

// One whose limits leave time for what happens in a call.
const adoptionConfig = `
region: BE
lines:
  - name: main
    numbers: ["+32 2 555 01 00"]
    language: fr
    prompts: @DIR@/prompts
    limits: {message: 20s, silence: 2s}
  - name: partner
    numbers: ["02 555 01 02"]
    language: nl
    prompts: @DIR@/prompts
    ring_for: 4s
    limits: {message: 20s, silence: 2s}
`

const (
	mainNumber    = "+3225550100"
	partnerNumber = "+3225550102"
	patientNumber = "+3225550105" // its longest message ends no test in time
	callerNumber  = "+32470555019"
)

// digits are what all forms of the callers' numbers have in them.
var digits = func() (numbers []string) {
	for n := firstCaller; n <= lastCaller; n++ {
		numbers = append(numbers, fmt.Sprint(n))
	}
	return numbers
}()

// Each call comes from a number of its own, but for those that say otherwise:
// of one mobile telephone only the first message counts.
const (
	firstCaller = 470555019 // callerNumber
	lastCaller  = 470555199
)

var callers atomic.Int64

func nextCaller(t *testing.T) string {
	t.Helper()
	n := firstCaller + callers.Add(1)
	if n > lastCaller {
		t.Fatal("no caller's number is left")
	}
	return fmt.Sprint("+32", n)
}

func (l *line) uri(number string) string { return "sip:" + number + "@" + l.addr }

// heardOut is how long a caller who has spoken stays: a hang-up takes another way through
// Asterisk than the audio, and outruns it on a busy machine.
const heardOut = 500 * time.Millisecond

// phone calls the line, from a number that did not call before unless the
// script names one.
func (l *line) phone(t *testing.T, s softphone.Script) softphone.Report {
	t.Helper()
	if s.To == "" {
		s.To = l.uri(mainNumber)
	}
	if s.From == "" && !s.Withhold {
		s.From = nextCaller(t)
	}
	if s.BeepLength == 0 {
		s.BeepLength = l.beep
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	report, err := softphone.Call(ctx, softphone.Config{BindHost: "127.0.0.1"}, s)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func (l *line) want(t *testing.T, r softphone.Report, ending, status string) record {
	t.Helper()
	got := l.call(r.CallID)
	if got.ending() != ending || got.Status != status {
		t.Errorf("call ended %s with status %q, want %s with %q", got.ending(), got.Status, ending, status)
	}
	if (got.WAV != "") != (status != "") {
		t.Errorf("status %q and WAV %q do not go together", got.Status, got.WAV)
	}
	return got
}

// recording reads a stored WAV and checks that what was said is in it.
func recording(t *testing.T, r record, said []int16) audio.Comparison {
	t.Helper()
	if !filepath.IsAbs(r.WAV) {
		t.Fatalf("wav is %q, want an absolute path", r.WAV)
	}
	got, err := wav.Read(r.WAV)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(r.Seconds-float64(len(got.Samples))/rate) > 0.01 {
		t.Errorf("listed as %.2f s, the file has %.2f s", r.Seconds, float64(len(got.Samples))/rate)
	}
	return audio.Compare(said, got.Samples, rate)
}

// until calls and returns once something has happened. The report is there when
// the channel is closed.
func (l *line) until(t *testing.T, kind softphone.Kind, s softphone.Script) (*softphone.Report, <-chan struct{}) {
	t.Helper()
	happened, over := make(chan struct{}), make(chan struct{})
	s.OnEvent = func(e softphone.Event) {
		if e.Kind == kind {
			close(happened)
		}
	}
	report := new(softphone.Report)
	go func() {
		defer close(over)
		*report = l.phone(t, s)
	}()
	select {
	case <-happened:
	case <-over:
		t.Fatalf("the call ended before %s", kind)
	}
	return report, over
}
