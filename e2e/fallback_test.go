//go:build e2e

package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"glennline/petition/callid"
	"glennline/softphone"
	"glennline/voicemail/wav"
)

// While glennline is dead, or stopped, the dialplan answers by itself: the
// caller notices nothing, and the signature is there once glennline is back.
func TestFallback(t *testing.T) {
	for name, absent := range map[string]struct{ leave, back func(l *line) }{
		"killed":  {func(l *line) { l.kill() }, func(l *line) { l.start() }},
		"stopped": {func(l *line) { l.signal(syscall.SIGSTOP) }, func(l *line) { l.signal(syscall.SIGCONT) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := up(t, callsConfig)
			absent.leave(l)
			// Three seconds without a word from glennline, and the dialplan knows.
			time.Sleep(4500 * time.Millisecond)
			said := speech(t, 3)
			// Meanwhile somebody says nothing until asked once more, and somebody
			// gives up while it rings: as when glennline is there.
			whatIsAsked := speech(t, 2.5)
			var asked, rung softphone.Report
			var others sync.WaitGroup
			others.Go(func() { asked = l.phone(t, softphone.Script{Say: whatIsAsked, BeepNo: 2}) })
			others.Go(func() { rung = l.phone(t, softphone.Script{To: l.uri(partnerNumber), CancelAfter: time.Second}) })
			report := l.phone(t, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond})
			if report.Said != len(said) || len(report.Beeps) != 1 {
				t.Fatalf("the caller heard %d beeps and said %d of %d samples", len(report.Beeps), report.Said, len(said))
			}
			withheld := l.phone(t, softphone.Script{To: l.uri(partnerNumber), Withhold: true, AssertedIdentity: callerNumber, Say: said[rate/2:], SayDelay: 500 * time.Millisecond})
			early := l.phone(t, softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: time.Second})
			others.Wait()
			if rung.Ended != softphone.EndedCancelled {
				t.Errorf("the call that was given up while it rings ended %q with %d (answered after %v)", rung.Ended, rung.Status, rung.AnswerTime)
			}
			if len(asked.Beeps) != 2 || asked.Said != len(whatIsAsked) {
				t.Errorf("who said nothing heard %d beeps and then said %d of %d samples", len(asked.Beeps), asked.Said, len(whatIsAsked))
			}
			empty := l.leaveEmpty(t)
			absent.back(l)

			l.want(t, rung, "hung_up/before_answer", "")
			if c := recording(t, l.want(t, asked, "message/fallback", "counted"), whatIsAsked); c.Correlation < 0.98 {
				t.Errorf("correlation with what was said when asked is %.3f", c.Correlation)
			}
			got := l.want(t, report, "message/fallback", "counted")
			if got.Line != "main" || got.CallerClass != "mobile" {
				t.Errorf("line %q, caller %q, want main and mobile", got.Line, got.CallerClass)
			}
			if c := recording(t, got, said); c.Correlation < 0.98 {
				t.Errorf("correlation with what was said is %.3f", c.Correlation)
			}
			got = l.want(t, withheld, "message/fallback", "counted")
			if got.Line != "partner" || got.CallerClass != "withheld" {
				t.Errorf("line %q, caller %q, want partner and withheld", got.Line, got.CallerClass)
			}
			if early.AnswerTime == 0 {
				t.Error("the call that was hung up early was not answered")
			}
			waitFor(t, "the early call's row, from asterisk's own log", func() bool {
				for _, r := range l.calls() {
					if r.ending() == "hung_up/early" {
						return true
					}
				}
				return false
			})
			l.wantAside(t, empty)
			out, errs, code := l.run("reconcile")
			if code != 0 || !strings.Contains(out, "all agree") {
				t.Errorf("reconcile: exit %d\n%s%s", code, out, errs)
			}
			l.noNumber(digits...)
		})
	}
}

// leaveEmpty puts recordings of 0 bytes and of a header alone into the spool, as
// calls of an hour ago left them: two of glennline's, two of the dialplan's. It
// gives the parts of their names that stay the same in the quarantine.
func (l *line) leaveEmpty(t *testing.T) (names []string) {
	t.Helper()
	var whole bytes.Buffer
	if err := wav.Write(&whole, rate, speech(t, 0.1)); err != nil {
		t.Fatal(err)
	}
	header := whole.Bytes()[:44] // whose sizes are 36 and 0, as Asterisk begins a file
	binary.LittleEndian.PutUint32(header[4:], 36)
	binary.LittleEndian.PutUint32(header[40:], 0)
	at := time.Now().Add(-time.Hour).UTC()
	spool := filepath.Join(l.dir, "data", "asterisk", "spool", "recording")
	for n, content := range [][]byte{nil, header} {
		uniqueID := fmt.Sprintf("glennline-%d.%d", at.Unix(), 9000+n)
		id := callid.Derive("glennline", uniqueID, at)
		for _, path := range []string{
			filepath.Join(spool, at.Format(time.DateOnly), callid.Derive("other", uniqueID, at)+"~0123456789ab~fr.wav"),
			filepath.Join(spool, "fallback", "main~0123456789ab~fr~"+uniqueID+".wav"),
		} {
			err := os.MkdirAll(filepath.Dir(path), 0o700)
			if err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
			if err == nil {
				err = os.Chtimes(path, at, at)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		names = append(names, id, callid.Derive("other", uniqueID, at))
	}
	return names
}

// wantAside waits until those calls have rows that count nothing, and their files
// are in the quarantine: not counted, and not deleted.
func (l *line) wantAside(t *testing.T, calls []string) {
	t.Helper()
	waitFor(t, "the rows of recordings without audio", func() bool {
		ended := 0
		for _, r := range l.calls() {
			if slices.Contains(calls, r.ID) && r.Ending.Result == "failed" && r.Status == "" && r.WAV == "" {
				ended++
			}
		}
		return ended == len(calls)
	})
	aside, err := filepath.Glob(filepath.Join(l.dir, "data", "quarantine", "*.wav"))
	if err != nil || len(aside) != len(calls) {
		t.Errorf("%d files are in the quarantine, want %d: %q (%v)", len(aside), len(calls), aside, err)
	}
	if left, err := filepath.Glob(filepath.Join(l.dir, "data", "asterisk", "spool", "recording", "*", "*0123456789ab*")); err != nil || len(left) > 0 {
		t.Errorf("left in the spool: %q (%v)", left, err)
	}
}
