//go:build e2e

package e2e

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"glennline/softphone"
)

// The prompts are long enough for glennline to be killed and to come back while
// they play.
const (
	nameSeconds   = 0.5
	noticeSeconds = 6
	againSeconds  = 6
	// promptLength is that of name and notice.
	promptLength = nameSeconds*1000*time.Millisecond + noticeSeconds*time.Second
)

// adoptionLine is a line whose prompts take their time.
func adoptionLine(t *testing.T) *line {
	t.Helper()
	rtp := freeRTP(t, lineCalls)
	l := newLine(t, tempDir(t), fmt.Sprintf("rtp: {from: %d, to: %d}\npbx: {max_calls: %d}\n%s",
		rtp, rtp+2*lineCalls-1, lineCalls, adoptionConfig))
	writeWAV(t, filepath.Join(l.dir, "prompts", "notice.wav"), chord(noticeSeconds, 350, 520))
	writeWAV(t, filepath.Join(l.dir, "prompts", "again.wav"), chord(againSeconds, 280, 610))
	l.args = []string{"up"}
	l.start()
	return l
}

// adoption is a call under which glennline is killed and started again.
type adoption struct {
	at     softphone.Kind // the kill comes after the first of these
	after  time.Duration
	away   func(*line, <-chan struct{}) // between the kill and the start
	script softphone.Script
	beeps  int
	ending string
	also   func(*testing.T, softphone.Report)
}

// Killed at any step of a call, and started again, glennline takes the call on:
// the caller notices at most that the notice begins anew.
func TestAdoption(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]adoption{
		"while it rings": {
			at: softphone.Calling, after: 1500 * time.Millisecond, script: softphone.Script{To: partnerNumber}, beeps: 1, ending: "message/caller",
			also: func(t *testing.T, r softphone.Report) {
				// It does not ring from the start again.
				if s := r.AnswerTime.Seconds(); s < 3.9 || s > 6.5 {
					t.Errorf("answered after %.1f s, want 4 as configured", s)
				}
				wantNotice(t, r)
			},
		},
		"during the notice": {
			at: softphone.FirstAudio, after: time.Second, beeps: 1, ending: "message/caller", also: wantNotice,
		},
		"during the notice and its row lost": {
			at: softphone.FirstAudio, after: time.Second, beeps: 1, ending: "message/caller", also: wantNotice,
			away: func(l *line, _ <-chan struct{}) { l.forget() },
		},
		"in the silence after the notice": {
			// There is no beep without somebody to record: silence, then the notice again.
			at: softphone.FirstAudio, after: time.Second, beeps: 1, ending: "message/caller", also: wantNoticeAgain,
			away: func(l *line, _ <-chan struct{}) { time.Sleep(promptLength - 800*time.Millisecond) },
		},
		"in the silence and again during the notice": {
			at: softphone.FirstAudio, after: time.Second, beeps: 1, ending: "message/caller", also: wantNoticeAgain,
			away: func(l *line, _ <-chan struct{}) {
				time.Sleep(promptLength - 800*time.Millisecond)
				l.start()
				waitFor(l.t, "the call to be adopted", func() bool { return l.logged("call adopted") == 1 })
				time.Sleep(time.Second)
				l.kill()
			},
		},
		"during the beep": {
			// The recording waited behind it already.
			at: softphone.BeepBegan, beeps: 1, ending: "message/caller", also: wantNotice,
		},
		"just after the recording began": {
			at: softphone.BeepEnded, beeps: 1, ending: "message/caller",
		},
		"mid-message": {
			at: softphone.Speaking, after: 1500 * time.Millisecond, beeps: 1, ending: "message/caller",
		},
		"mid-message then silence": {
			at: softphone.Speaking, after: 2 * time.Second, script: softphone.Script{HangupAt: softphone.Never}, beeps: 1, ending: "message/silence",
		},
		"mid-message then the key": {
			at: softphone.Speaking, after: 1500 * time.Millisecond, script: softphone.Script{HangupAt: softphone.Never, Keys: "#"}, beeps: 1, ending: "message/key",
		},
		"asked once more": {
			at: softphone.BeepEnded, after: 4500 * time.Millisecond, script: softphone.Script{BeepNo: 2}, beeps: 2, ending: "message/caller",
			also: func(t *testing.T, r softphone.Report) {
				between := (r.Beeps[1].From - r.Beeps[0].To).Seconds()
				if between > againSeconds+4.5 {
					t.Errorf("%.1f s between the beeps: more than silence and question", between)
				}
			},
		},
		"silence ends the message while it is away": {
			at: softphone.Spoke, script: softphone.Script{HangupAt: softphone.Never}, beeps: 1, ending: "message/abandoned",
			away: func(*line, <-chan struct{}) { time.Sleep(2500 * time.Millisecond) },
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
			l := adoptionLine(t)
			said := speech(t, 4)
			if a.at == softphone.Speaking {
				said = speech(t, 8) // time for a start on a busy machine, while it is said
			}
			a.script.Say = said
			if a.script.To != "" {
				a.script.To = l.uri(a.script.To)
			}
			// On a busy machine all may be said before glennline is back: then who ended
			// the message is not known.
			var back, late atomic.Bool
			a.script.OnEvent = func(e softphone.Event) {
				if e.Kind == softphone.Spoke {
					late.Store(!back.Load())
				}
			}
			r, over := l.when(t, a.at, a.after, a.script)
			l.kill()
			if a.away != nil {
				a.away(l, over)
			}
			l.start()
			back.Store(true)
			<-over
			if len(r.Beeps) != a.beeps || r.Said != len(said) {
				t.Fatalf("the caller heard %d beeps and said %d of %d samples, want %d beeps and all", len(r.Beeps), r.Said, len(said), a.beeps)
			}
			if a.also != nil {
				a.also(t, *r)
			}
			got := l.call(r.CallID)
			if late.Load() && got.ending() == "message/abandoned" {
				a.ending = ""
			}
			if a.ending != "" && got.ending() != a.ending || got.Status != "counted" || got.CallerClass != "mobile" || got.Line == "" {
				t.Errorf("line %q, caller %q: ended %s with status %q, want %s and counted", got.Line, got.CallerClass, got.ending(), got.Status, a.ending)
			}
			l.wantOne(t, got, said)
		})
	}
}

// A stopped glennline loses nothing of a message, and goes on when it is let.
func TestStoppedMidMessage(t *testing.T) {
	t.Parallel()
	l := adoptionLine(t)
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
		left, err := filepath.Glob(filepath.Join(l.dir, "data", "asterisk", "spool", "recording", "*", "*.wav"))
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
func wantNotice(t *testing.T, r softphone.Report) {
	t.Helper()
	if len(r.Beeps) == 0 {
		return
	}
	if s := r.Beeps[0].From.Seconds(); s < nameSeconds+noticeSeconds-0.1 || s > nameSeconds+noticeSeconds+1.5 {
		t.Errorf("the beep came %.2f s after the answer, want %.1f: the notice once", s, nameSeconds+noticeSeconds)
	}
}

// wantNoticeAgain checks that the beep came after a second notice.
func wantNoticeAgain(t *testing.T, r softphone.Report) {
	t.Helper()
	if s := r.Beeps[0].From.Seconds(); s < 2*(nameSeconds+noticeSeconds) {
		t.Errorf("the beep came %.2f s after the answer: before the second notice was over", s)
	}
}

// when calls and returns some time after something has happened for the first
// time. The report is there when the channel is closed.
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

func openDatabase(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	return db
}
