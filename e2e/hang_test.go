//go:build e2e

package e2e

import (
	"syscall"
	"testing"
	"time"

	"glennline/softphone"
)

// hang is a call under which glennline is stopped, as a process that hangs is.
type hang struct {
	at     softphone.Kind // it stops some time after the first of these
	after  time.Duration
	until  softphone.Kind // and goes on some time after the first of these; "" for the call's end
	longer time.Duration
	script softphone.Script
	ending string
	status string
	silent bool          // nothing is said
	pbx    time.Duration // Asterisk is stopped too, from the ringing on
	also   func(*testing.T, *line, softphone.Report)
}

// A glennline that hangs keeps no caller waiting: what it does not look after,
// Asterisk takes back and answers by itself. And when it goes on, it writes what
// really happened.
func TestHang(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]hang{
		"before the call": {
			ending: "message/fallback", status: "counted", also: wantAnswerWithin(3, 4.5),
		},
		"until the beep": {
			until: softphone.BeepBegan, ending: "message/fallback", status: "counted", also: wantAnswerWithin(3, 4.5),
		},
		"for a second of the ringing": {
			until: softphone.Calling, longer: time.Second, ending: "message/caller", status: "counted", also: wantAnswerWithin(0.8, 2.9),
		},
		"and Asterisk with it": {
			// Longer than a call that was claimed would be taken back after.
			pbx: 6 * time.Second, until: softphone.BeepBegan, ending: "message/fallback", status: "counted", also: wantAnswerWithin(6, 8),
		},
		"in the notice": {
			at: softphone.FirstAudio, after: 500 * time.Millisecond,
			ending: "message/fallback", status: "counted", also: noticeAgain,
		},
		"until the caller leaves in the silence": {
			at: softphone.FirstAudio, after: 500 * time.Millisecond, longer: 2 * time.Second,
			script: softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: nameLength + leastLength + 2*time.Second},
			ending: "hung_up/abandoned", silent: true,
		},
		"until the caller leaves in the notice": {
			at: softphone.FirstAudio, after: 500 * time.Millisecond, longer: 2 * time.Second,
			script: softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: 3 * time.Second},
			ending: "hung_up/during_notice", silent: true,
		},
		"in the beep": {
			// Late in the beep: by then the recording waits behind it, on a busy machine too.
			at: softphone.BeepBegan, after: 600 * time.Millisecond, longer: 2 * time.Second, ending: "message/caller", status: "counted", also: notice,
		},
		"in the message": {
			at: softphone.Speaking, after: time.Second, longer: 5 * time.Second, ending: "message/caller", status: "counted",
		},
		"in the message that a key ends": {
			at: softphone.Speaking, after: time.Second, longer: 2 * time.Second,
			script: softphone.Script{Keys: "#", HangupAfter: 4 * time.Second}, ending: "message/key", status: "counted",
		},
		"in the message that silence ends": {
			at: softphone.Speaking, after: time.Second, longer: 2 * time.Second,
			script: softphone.Script{HangupAfter: 6 * time.Second}, ending: "message/silence", status: "counted",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := adoptionLine(t, leastLength)
			said := speech(t, 4)
			if !h.silent {
				h.script.Say = said
			}
			goOn, ringing := make(chan struct{}, 100), make(chan struct{}, 100)
			h.script.OnEvent = func(e softphone.Event) {
				if e.Kind == softphone.Ringing {
					ringing <- struct{}{}
				}
				if e.Kind == h.until {
					goOn <- struct{}{}
				}
			}
			var r *softphone.Report
			var over <-chan struct{}
			if h.at == "" {
				l.signal(syscall.SIGSTOP)
				r, over = l.when(t, softphone.Calling, 0, h.script)
			} else {
				r, over = l.when(t, h.at, h.after, h.script)
				l.signal(syscall.SIGSTOP)
			}
			if h.pbx > 0 {
				<-ringing
				l.signalAsterisk(syscall.SIGSTOP)
				time.Sleep(h.pbx)
				l.signalAsterisk(syscall.SIGCONT)
			}
			select {
			case <-goOn:
			case <-over:
			}
			time.Sleep(h.longer)
			l.signal(syscall.SIGCONT)
			<-over
			got := l.want(t, *r, h.ending, h.status)
			t.Logf("answered after %.1f s, beep after %.1f s", r.AnswerTime.Seconds(), r.Beep().Seconds())
			if h.also != nil {
				h.also(t, l, *r)
			}
			l.endedAsWitnessed(t)
			if h.silent {
				return
			}
			if len(r.Beeps) != 1 || r.Said != len(said) || r.Ended != softphone.EndedCaller {
				t.Errorf("the caller heard %d beeps and said %d of %d samples; the call was ended by the %s", len(r.Beeps), r.Said, len(said), r.Ended)
			}
			l.wantOne(t, got, said)
		})
	}
}

func (l *line) signalAsterisk(s syscall.Signal) {
	l.t.Helper()
	pid := l.asterisk()
	if pid == 0 {
		l.t.Fatal("no asterisk runs")
	}
	if err := syscall.Kill(pid, s); err != nil {
		l.t.Fatal(err)
	}
}

// Dead and not back, glennline keeps nobody waiting either.
func TestKilledInTheNotice(t *testing.T) {
	t.Parallel()
	l := adoptionLine(t, leastLength)
	said := speech(t, 4)
	r, over := l.when(t, softphone.FirstAudio, time.Second, softphone.Script{Say: said})
	l.kill()
	<-over
	l.start()
	if len(r.Beeps) != 1 || r.Said != len(said) {
		t.Fatalf("the caller heard %d beeps and said %d of %d samples", len(r.Beeps), r.Said, len(said))
	}
	l.wantNoticeAgain(t, *r)
	l.wantOne(t, l.want(t, *r, "message/fallback", "counted"), said)
}

func wantAnswerWithin(least, most float64) func(*testing.T, *line, softphone.Report) {
	return func(t *testing.T, l *line, r softphone.Report) {
		t.Helper()
		if s := r.AnswerTime.Seconds(); s < least-0.2 || s > most {
			t.Errorf("answered after %.1f s, want %.1f to %.1f", s, least, most)
		}
		l.wantNotice(t, r)
	}
}

// endedAsWitnessed checks that the ledger has the call's end when Asterisk's own
// log has it.
func (l *line) endedAsWitnessed(t *testing.T) {
	t.Helper()
	l.run("reconcile") // reads the log
	l.asWitnessed(t, "ended_at")
}
