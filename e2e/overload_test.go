//go:build e2e

package e2e

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"glennline/softphone"
	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

// Ten times the calls that fit: those who are accepted are recorded whole, as if
// they were alone, and the others are refused before the answer and counted.
func TestTenTimesTheCallsThatFit(t *testing.T) {
	t.Parallel()
	const fit = 6
	// Those who are refused take ports too.
	rtp := freeRTP(t, 10*fit)
	l := newLine(t, tempDir(t), fmt.Sprintf("rtp: {from: %d, to: %d}\npbx: {max_calls: %d}\n%s", rtp, rtp+20*fit-1, fit, manyConfig))
	l.args = []string{"up"}
	l.start()
	// The machine's own share in what is measured: as many calls as fit.
	alone, whole := l.crowd(t, fit, 0, 0.99)
	if len(alone) != fit {
		t.Fatalf("%d of %d calls that fit were accepted", len(alone), fit)
	}
	l.agrees(t) // which waits for calls that live
	crowded, _ := l.crowd(t, 10*fit, 100, min(whole, 0.999))
	if len(crowded) != fit {
		t.Errorf("%d calls of %d were accepted, want the %d that fit", len(crowded), 10*fit, fit)
	}
	control, measured := measureCalls(alone), measureCalls(crowded)
	t.Logf("longest wait between two packets, highest jitter: %v, %v with the calls that fit; %v, %v with ten times as many",
		control.wait, control.jitter, measured.wait, measured.jitter)
	// RFC 3550's jitter, which no single late packet decides.
	if limit := 60*time.Millisecond + control.jitter; measured.jitter > limit {
		t.Errorf("what the accepted callers hear has a jitter of %v, want %v at most", measured.jitter, limit)
	}
	l.agrees(t)
	out, _, _ := l.run("reconcile")
	if m := regexp.MustCompile(`(\d+) refused for want of room \((\d+) max_calls\)`).FindStringSubmatch(out); m == nil || m[1] != strconv.Itoa(9*fit) || m[2] != m[1] {
		t.Errorf("reconcile counts not %d refused:\n%s", 9*fit, out)
	}
	if rows := l.calls(); len(rows) != 2*fit {
		t.Errorf("%d calls in the ledger, want the %d that were accepted", len(rows), 2*fit)
	}
	l.noNumber(crowdDigits)
}

// crowdDigits are in the number of each caller of a crowd.
const crowdDigits = "4705562"

// crowd calls from so many telephones at once, who sweep through the telephone's
// band, and gives the reports of those who were answered. Of what each says so much has
// to be in the recording; whole is the least that was. A busy machine may lose a
// packet at an end also without a crowd.
func (l *line) crowd(t *testing.T, calls, first int, enough float64) (answered []softphone.Report, whole float64) {
	t.Helper()
	said := sweep(4)
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range calls {
		all.Go(func() {
			r := l.phone(t, softphone.Script{From: fmt.Sprintf("+32%s%02d", crowdDigits, first%100+n), Say: said})
			switch {
			case r.AnswerTime > 0:
				mu.Lock()
				defer mu.Unlock()
				answered = append(answered, r)
			case r.Ended != softphone.EndedRefused || r.Status != 503:
				t.Errorf("a call ended %q with %d, want refused with 503", r.Ended, r.Status)
			}
		})
	}
	all.Wait()
	whole = 1
	for _, r := range answered {
		if r.Said != len(said) || len(r.Beeps) != 1 || r.Ended != softphone.EndedCaller || r.Stream.Lost != 0 {
			t.Errorf("an accepted caller heard %d beeps, lost %d packets and said %d of %d samples; the call was ended by the %s",
				len(r.Beeps), r.Stream.Lost, r.Said, len(said), r.Ended)
		}
		got := l.call(r.CallID)
		// A sweep is no voice: that it is not counted for one is right.
		if got.Ending.Reason != "caller" || got.WAV == "" {
			t.Fatalf("an accepted call ended %s with recording %q", got.ending(), got.WAV)
		}
		recorded, err := wav.Read(got.WAV)
		if err != nil {
			t.Fatal(err)
		}
		c := audio.Compare(said, recorded.Samples, rate)
		if c.Correlation < 0.98 || c.Covered < enough || c.LongestGap > 60*time.Millisecond || c.MaxShift > 60*time.Millisecond {
			t.Errorf("%.1f%% of the sweep are in the recording, with a correlation of %.3f, a gap of %v and a shift of %v",
				100*c.Covered, c.Correlation, c.LongestGap, c.MaxShift)
		}
		whole = min(whole, c.Covered)
	}
	return answered, whole
}

// heardBy is the worst of what callers heard.
type heardBy struct{ wait, jitter time.Duration }

func measureCalls(reports []softphone.Report) (worst heardBy) {
	for _, r := range reports {
		worst.wait = max(worst.wait, r.Stream.LongestWait)
		worst.jitter = max(worst.jitter, r.Stream.MaxJitter)
	}
	return worst
}

// sweep is a tone that rises from 300 to 3,000 Hz, in which every moment is
// unlike every other.
func sweep(seconds float64) []int16 {
	samples := make([]int16, int(seconds*rate))
	for i := range samples {
		at := float64(i) / rate
		samples[i] = int16(8000 * math.Sin(2*math.Pi*(300+(3000-300)/(2*seconds)*at)*at))
	}
	return samples
}
