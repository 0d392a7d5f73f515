//go:build e2e

package e2e

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"glennline/softphone"
)

// The prompts are long enough for glennline to be killed and to come back while
// they play, and the beep for it to ask for the recording meanwhile.
const (
	nameLength      = 500 * time.Millisecond
	longBeepLength  = 1200 * time.Millisecond
	leastLength     = 6 * time.Second  // of notice and question
	longestLength   = 13 * time.Second // of what a start may be waited for with
	untilAskedAgain = 2 * time.Second  // the limit of silence in adoptionConfig
)

// timeForAStart is what a start on this machine, with whatever else it has to do, fits
// into: least, as long as none has taken longer.
func timeForAStart(least time.Duration) time.Duration {
	return min(max(least, 2*time.Duration(slowest.Load())), max(least, longestLength))
}

// adoptionLine is a line whose notice and question take their time, so much each.
func adoptionLine(t *testing.T, length time.Duration) *line {
	t.Helper()
	rtp := freeRTP(t, lineCalls)
	l := newLine(t, tempDir(t), fmt.Sprintf("rtp: {from: %d, to: %d}\npbx: {max_calls: %d}\n%s",
		rtp, rtp+2*lineCalls-1, lineCalls, adoptionConfig))
	l.again, l.prompts = length, nameLength+length
	l.beep = longBeepLength
	for name, samples := range map[string][]int16{
		"notice": chord(l.again.Seconds(), 350, 520),
		"again":  chord(l.again.Seconds(), 280, 610),
		"beep":   chord(l.beep.Seconds(), 1000),
	} {
		writeWAV(t, filepath.Join(l.dir, "prompts", name+".wav"), samples)
	}
	l.args = []string{"up"}
	l.start()
	return l
}

var (
	notice      = func(t *testing.T, l *line, r softphone.Report) { l.wantNotice(t, r) }
	noticeAgain = func(t *testing.T, l *line, r softphone.Report) { l.wantNoticeAgain(t, r) }
)

// adoption is a call under which glennline is killed and started again.
type adoption struct {
	at     softphone.Kind // the kill comes after the first of these
	after  time.Duration
	away   func(*line, <-chan struct{}) // between the kill and the start
	start  func(*line)                  // nil for an ordinary one
	script softphone.Script
	beeps  int
	found  []string // what the call was adopted with, one of these; none if it was not
	before string   // what it was adopted with by a start before that, if there was one
	ending string
	also   func(*testing.T, *line, softphone.Report)
}

// Killed at any step of a call, and started again, glennline takes the call on:
// the caller notices at most that the notice begins anew.
func TestAdoption(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]adoption{
		"while it rings": {
			at: softphone.Calling, after: 1500 * time.Millisecond, script: softphone.Script{To: partnerNumber}, beeps: 1, ending: "message/caller",
			also: func(t *testing.T, l *line, r softphone.Report) {
				// It does not ring from the start again: 4 s as configured, or until glennline
				// is back.
				back := l.readyAt.Sub(l.calledAt).Seconds()
				if s := r.AnswerTime.Seconds(); s < 3.9 || s > max(4, back)+2.5 {
					t.Errorf("answered after %.1f s, want 4 as configured; glennline was back after %.1f s", s, back)
				}
				l.wantNotice(t, r)
			},
		},
		"during the notice": {
			at: softphone.FirstAudio, after: time.Second, beeps: 1, ending: "message/caller", also: notice, found: []string{"prompts play"},
		},
		"during the notice and its row lost": {
			at: softphone.FirstAudio, after: time.Second, beeps: 1, ending: "message/caller", also: notice, found: []string{"prompts play"},
			away: func(l *line, _ <-chan struct{}) { l.forget() },
		},
		"in the silence after the notice": {
			// There is no beep without somebody to record: silence, then the notice again.
			at: softphone.FirstAudio, after: time.Second, beeps: 1, ending: "message/caller", also: noticeAgain, found: []string{"nothing runs"},
			start: (*line).startInTheSilence,
		},
		"in the silence and again during the notice": {
			at: softphone.FirstAudio, after: time.Second, beeps: 1, ending: "message/caller", also: noticeAgain,
			before: "nothing runs", found: []string{"prompts play"},
			away: func(l *line, over <-chan struct{}) {
				l.startInTheSilence()
				waitFor(l.t, "the call to be adopted, or to be over", func() bool {
					select {
					case <-over:
						return true
					default:
						return l.logged("call adopted") == 1
					}
				})
				time.Sleep(time.Second)
				l.kill()
			},
		},
		"during the beep": {
			// The recording waited behind it already.
			at: softphone.BeepBegan, after: 600 * time.Millisecond, beeps: 1, ending: "message/caller", also: notice,
			found: []string{"the beep plays", "recording went on"},
		},
		"just after the recording began": {
			at: softphone.BeepEnded, beeps: 1, ending: "message/caller", found: []string{"recording went on"},
		},
		"mid-message": {
			at: softphone.Speaking, after: 1500 * time.Millisecond, beeps: 1, ending: "message/caller", found: []string{"recording went on"},
		},
		"mid-message then silence": {
			at: softphone.Speaking, after: 2 * time.Second, script: softphone.Script{HangupAt: softphone.Never}, beeps: 1, ending: "message/silence",
			found: []string{"recording went on"},
		},
		"mid-message then the key": {
			at: softphone.Speaking, after: 1500 * time.Millisecond, script: softphone.Script{HangupAt: softphone.Never, Keys: "#"}, beeps: 1, ending: "message/key",
			found: []string{"recording went on"},
		},
		"asked once more": {
			at: softphone.BeepEnded, after: untilAskedAgain + 2500*time.Millisecond, script: softphone.Script{BeepNo: 2}, beeps: 2, ending: "message/caller",
			found: []string{"asked once more"},
			also: func(t *testing.T, l *line, r softphone.Report) {
				between := r.Beeps[1].From - r.Beeps[0].To
				if between > l.again+4500*time.Millisecond {
					t.Errorf("%v between the beeps: more than silence and question", between)
				}
			},
		},
		"silence ends the message while it is away": {
			at: softphone.Spoke, script: softphone.Script{HangupAt: softphone.Never}, beeps: 1, ending: "message/abandoned",
			found: []string{"recording is over"},
			away:  func(l *line, _ <-chan struct{}) { l.recordingOver() },
		},
		"the caller hangs up while it is away": {
			at: softphone.Speaking, after: time.Second, beeps: 1, ending: "message/abandoned",
			away: func(_ *line, over <-chan struct{}) { <-over },
		},
		"after the caller hung up": {
			at: softphone.HungUp, beeps: 1, ending: "", // as far as it got: message/caller or message/abandoned
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for tries := 1; !a.happens(t); tries++ {
				if tries == 3 {
					t.Fatalf("glennline never came back in time to find the call as it is meant; a start takes up to %v", time.Duration(slowest.Load()))
				}
			}
		})
	}
}

// happens makes the call and checks what came of it. It is false if glennline was
// not back in time, on a busy machine, for what the call is about: nothing was lost
// then either, and the next one leaves more time.
func (a adoption) happens(t *testing.T) bool {
	t.Helper()
	l := adoptionLine(t, timeForAStart(leastLength))
	defer l.stop()
	said := speech(t, timeForAStart(4*time.Second).Seconds())
	if a.at == softphone.Speaking {
		said = speech(t, timeForAStart(8*time.Second).Seconds()) // time for a start, while it is said
	}
	script := a.script
	script.Say = said
	if script.To != "" {
		script.To = l.uri(script.To)
	}
	l.calledAt = time.Now()
	r, over := l.when(t, a.at, a.after, script)
	l.soundAt = time.Now().Add(-a.after)
	l.kill()
	if a.away != nil {
		a.away(l, over)
	}
	if a.start != nil {
		a.start(l)
	} else {
		l.start()
	}
	<-over
	got := l.ended(1)[0]
	if r.Said != len(said) || got.Status != "counted" || got.CallerClass != "mobile" || got.Line == "" {
		t.Errorf("line %q, caller %q who said %d of %d samples and heard %d beeps: ended %s with status %q, want counted",
			got.Line, got.CallerClass, r.Said, len(said), len(r.Beeps), got.ending(), got.Status)
	}
	l.wantOne(t, got, said)
	found, want := l.adoptedWith(), a.found
	if a.before != "" {
		want = nil
		for _, last := range a.found {
			want = append(want, a.before+", "+last)
		}
	}
	if last := strings.Join(found, ", "); len(want) == 0 && last != "" || len(want) > 0 && !slices.Contains(want, last) {
		t.Logf("adopted with %q and not with %q: a start takes up to %v", last, want, time.Duration(slowest.Load()))
		return false
	}
	if len(r.Beeps) != a.beeps {
		t.Fatalf("the caller heard %d beeps, want %d", len(r.Beeps), a.beeps)
	}
	if a.also != nil {
		a.also(t, l, *r)
	}
	if a.ending != "" && got.ending() != a.ending {
		t.Errorf("call ended %s, want %s", got.ending(), a.ending)
	}
	return true
}

// adoptedWith is what glennline found of calls that it adopted, in turn.
func (l *line) adoptedWith() (found []string) {
	for _, m := range regexp.MustCompile(`call adopted .*"found": "([^"]+)"`).FindAllStringSubmatch(l.log.String(), -1) {
		found = append(found, m[1])
	}
	return found
}

// startInTheSilence starts glennline so that it finds the prompts over, of a call that
// has not been taken back by the dialplan yet: it is stopped before it is connected to
// Asterisk, however long it takes until then, and goes on when it is time.
func (l *line) startInTheSilence() {
	l.t.Helper()
	const known = "asterisk found running and kept"
	before := l.logged(known)
	ready := l.launch()
	for end := time.Now().Add(deadline); l.logged(known) == before && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	l.signal(syscall.SIGSTOP)
	time.Sleep(time.Until(l.soundAt.Add(l.prompts + time.Second)))
	l.signal(syscall.SIGCONT)
	l.awaitReady(ready)
}

// recordingOver waits until Asterisk has closed the only recording in the spool:
// until then its header says that there is nothing in it.
func (l *line) recordingOver() {
	l.t.Helper()
	waitFor(l.t, "asterisk to end the recording", func() bool {
		paths, err := l.recordings()
		if err != nil || len(paths) != 1 {
			return false
		}
		raw, err := os.ReadFile(paths[0])
		return err == nil && len(raw) > 44 && binary.LittleEndian.Uint32(raw[40:]) > 0
	})
}

// A stopped glennline loses nothing of a message, and goes on when it is let.
func TestStoppedMidMessage(t *testing.T) {
	t.Parallel()
	l := adoptionLine(t, leastLength)
	said := speech(t, 8)
	r, over := l.when(t, softphone.Speaking, 2*time.Second, softphone.Script{Say: said})
	l.signal(syscall.SIGSTOP)
	time.Sleep(5 * time.Second)
	l.signal(syscall.SIGCONT)
	<-over
	if len(r.Beeps) != 1 || r.Said != len(said) || r.Ended != softphone.EndedCaller {
		t.Errorf("the caller heard %d beeps and said %d of %d samples; the call was ended by the %s", len(r.Beeps), r.Said, len(said), r.Ended)
	}
	l.wantOne(t, l.want(t, *r, "message/caller", "counted"), said)
}

// wantOne checks that one call became one signature with all that was said.
func (l *line) wantOne(t *testing.T, got record, said []int16) {
	t.Helper()
	if got.WAV == "" {
		t.Fatal("there is no recording")
	}
	if c := recording(t, got, said); c.Correlation < 0.98 || c.Covered < 0.995 {
		t.Errorf("%.1f%% of the message is in the recording: correlation %.3f", 100*c.Covered, c.Correlation)
	}
	if rows := l.calls(); len(rows) != 1 {
		t.Errorf("%d calls in the ledger, want 1", len(rows))
	}
	l.answeredAsWitnessed(t)
	waitFor(t, "reconcile to find no spool copy left", func() bool {
		left, err := l.recordings()
		return err == nil && len(left) == 0
	})
	if out, errs, code := l.run("reconcile", "--verify-hashes"); code != 0 {
		t.Errorf("reconcile: exit %d\n%s%s", code, out, errs)
	}
	l.noNumber(digits...)
}

// answeredAsWitnessed checks that the ledger has the call's answer when
// Asterisk's own log has it.
func (l *line) answeredAsWitnessed(t *testing.T) {
	t.Helper()
	l.asWitnessed(t, "answered_at")
}

// asWitnessed checks that the ledger has a moment of the call, named by its column,
// when Asterisk's own log has it.
func (l *line) asWitnessed(t *testing.T, column string) {
	t.Helper()
	db := openDatabase(t, filepath.Join(l.dir, "data", "glennline.db"))
	defer db.Close()
	apart := -1
	waitFor(t, "the "+column+" in Asterisk's log", func() bool {
		err := db.QueryRowContext(t.Context(), fmt.Sprintf(`
SELECT abs(c.%[1]s - w.%[1]s)
FROM calls AS c
JOIN witness AS w ON w.unique_id = c.unique_id
WHERE w.%[1]s IS NOT NULL
ORDER BY c.id`, column)).Scan(&apart)
		return err == nil
	})
	if apart > 250 {
		t.Errorf("the ledger's %s is %d ms off", column, apart)
	}
}

// wantNotice checks that name and notice were heard once and without a hole.
func (l *line) wantNotice(t *testing.T, r softphone.Report) {
	t.Helper()
	if len(r.Beeps) == 0 {
		return
	}
	if s := r.Beeps[0].From; s < l.prompts-100*time.Millisecond || s > l.prompts+1500*time.Millisecond {
		t.Errorf("the beep came %v after the answer, want %v: the notice once", s, l.prompts)
	}
}

// wantNoticeAgain checks that the beep came after a second notice.
func (l *line) wantNoticeAgain(t *testing.T, r softphone.Report) {
	t.Helper()
	if s := r.Beeps[0].From; s < 2*l.prompts {
		t.Errorf("the beep came %v after the answer: before the second notice was over", s)
	}
}

// when calls and returns some time after something has happened for the first
// time. The caller speaks when Asterisk records. The report is there when the channel
// is closed.
func (l *line) when(t *testing.T, kind softphone.Kind, after time.Duration, s softphone.Script) (*softphone.Report, <-chan struct{}) {
	t.Helper()
	happened, over := make(chan struct{}), make(chan struct{})
	var once sync.Once
	also := s.OnEvent
	s.OnEvent = func(e softphone.Event) {
		if also != nil {
			also(e)
		}
		if e.Kind == kind {
			once.Do(func() { close(happened) })
		}
	}
	s.HangupAfter = max(s.HangupAfter, heardOut)
	if s.Cue == nil {
		s.Cue = l.recorded(func() string { return "" }, over)
	}
	report := new(softphone.Report)
	go func() {
		defer close(over)
		*report = l.phone(t, s)
	}()
	select {
	case <-happened:
	case <-over:
		t.Fatalf("the call was over before there was %s", kind)
	}
	time.Sleep(after)
	return report, over
}

// forget takes every row out of the ledger.
func (l *line) forget() {
	l.t.Helper()
	db := openDatabase(l.t, filepath.Join(l.dir, "data", "glennline.db"))
	defer db.Close()
	done, err := db.ExecContext(l.t.Context(), `DELETE FROM calls`)
	if err != nil {
		l.t.Fatal(err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		l.t.Fatalf("%d rows (%v) were there, want 1", n, err)
	}
}
