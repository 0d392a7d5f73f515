//go:build e2e

package e2e

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glennline/softphone"
)

func TestCalls(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	t.Run("each", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *line){
			"message is what the caller said": testMessage,
			"hang-up during the notice":       testDuringNotice,
			"hang-up during the beep":         testDuringBeep,
			"hang-up mid-message":             testMidMessage,
			"CANCEL before the answer":        testCancel,
			"key ends the message":            testKey,
			"silence to the limit":            testSilence,
			"asked once more, then speaks":    testAsked,
			"no RTP at all":                   testNoRTP,
			"longer than the limit":           testLonger,
			"unknown number":                  testUnknown,
			"forwarded by Diversion":          testDiversion,
			"withheld number":                 testWithheld,
			"withheld by Privacy alone":       testPrivacy,
			"telephone dies mid-message":      testDies,
			"several numbers, one line":       testNumbers,
			"what ready names":                testReady,
			"the call command":                testCallCommand,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, l)
			})
		}
	})
	l.noNumber(digits...)
	// A caller who hangs up while a prompt plays is nothing to warn of.
	l.quiet()
}

func testMessage(t *testing.T, l *line) {
	said := speech(t, 3)
	report := l.phone(t, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond})
	got := l.want(t, report, "message/caller", "counted")
	if got.Line != "main" || got.CallerClass != "mobile" {
		t.Errorf("line %q, caller %q, want main and mobile", got.Line, got.CallerClass)
	}
	c := recording(t, got, said)
	if math.Abs(c.LevelDB) > 1 {
		t.Errorf("the recording is %.1f dB off what was said", c.LevelDB)
	}
	if c.Correlation < 0.98 {
		t.Errorf("correlation with what was said is %.3f", c.Correlation)
	}
	// The message began half a second after the beep was known to be over,
	// which is up to 0.25 s after its end: so it stands there in the recording.
	at := float64(c.Offset) / rate
	if at < 0.3 || at > 1.0 {
		t.Errorf("the message stands %.2f s into the recording, want about 0.5", at)
	}
	if report.Stream.Lost != 0 {
		t.Errorf("the caller lost %d packets of the prompts", report.Stream.Lost)
	}
	// Name, notice and beep were heard: 2.4 s in which the beep is the last.
	if b := report.Beep().Seconds(); b < 2.2 || b > 3.5 {
		t.Errorf("the beep ended %.2f s after the answer, want about 2.4", b)
	}
}

func testDuringNotice(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: time.Second})
	got := l.want(t, r, "hung_up/during_notice", "")
	out, errs, code := l.run("show", got.ID, "--json")
	if code != 0 {
		t.Fatalf("show: %s", errs)
	}
	if !strings.Contains(out, `"pseudonym":""`) {
		t.Errorf("a caller who left before the notice's end keeps a pseudonym: %s", out)
	}
}

func testDuringBeep(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{HangupAt: softphone.DuringBeep})
	got := l.want(t, r, "hung_up/during_beep", "")
	// Asterisk makes a file of the recording that waited behind the beep.
	for _, folder := range []string{"quarantine", "asterisk/spool/recording/*"} {
		if left, err := filepath.Glob(filepath.Join(l.dir, "data", folder, got.ID+"*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %q (%v)", left, err)
		}
	}
}

func testMidMessage(t *testing.T, l *line) {
	said := speech(t, 4)
	r := l.phone(t, softphone.Script{Say: said, HangupAt: softphone.AfterBeep, HangupAfter: 2 * time.Second})
	got := l.want(t, r, "message/caller", "counted")
	if c := recording(t, got, said[:r.Said-rate/2]); c.Correlation < 0.98 {
		t.Errorf("what was said before the hang-up is not in the recording: correlation %.3f", c.Correlation)
	}
}

func testCancel(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{To: l.uri(partnerNumber), CancelAfter: time.Second})
	if r.Ended != softphone.EndedCancelled {
		t.Fatalf("the call ended %q, want cancelled", r.Ended)
	}
	l.want(t, r, "hung_up/before_answer", "")
}

func testKey(t *testing.T, l *line) {
	said := speech(t, 2)
	r := l.phone(t, softphone.Script{Say: said, Keys: "#", HangupAt: softphone.Never})
	if r.Ended != softphone.EndedCallee {
		t.Errorf("the call was ended by the %s, want by us", r.Ended)
	}
	got := l.want(t, r, "message/key", "counted")
	if c := recording(t, got, said[:rate]); c.Correlation < 0.98 {
		t.Errorf("the message is not in the recording: correlation %.3f", c.Correlation)
	}
}

func testSilence(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{HangupAt: softphone.Never})
	if len(r.Beeps) != 2 {
		t.Errorf("%d beeps were heard, want 2: a caller who says nothing is asked once more", len(r.Beeps))
	}
	if r.Ended != softphone.EndedCallee {
		t.Errorf("the call was ended by the %s, want by us", r.Ended)
	}
	l.want(t, r, "silent/silence", "blank")
}

func testAsked(t *testing.T, l *line) {
	said := speech(t, 2)
	r := l.phone(t, softphone.Script{Say: said, BeepNo: 2})
	if len(r.Beeps) != 2 {
		t.Fatalf("%d beeps were heard, want 2", len(r.Beeps))
	}
	got := l.want(t, r, "message/caller", "counted")
	if c := recording(t, got, said); c.Correlation < 0.98 {
		t.Errorf("the message is not in the recording: correlation %.3f", c.Correlation)
	}
}

func testNoRTP(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{To: l.uri(patientNumber), NoRTP: true, HangupAt: softphone.Never, MaxLength: time.Minute})
	if len(r.Beeps) != 2 {
		t.Errorf("%d beeps were heard, want 2: a caller of whom nothing is heard is asked once more", len(r.Beeps))
	}
	if r.Ended != softphone.EndedCallee {
		t.Errorf("the call was ended by the %s, want by us", r.Ended)
	}
	got := l.call(r.CallID)
	if got.ending() != "silent/no_audio" || got.Status != "" && got.Status != "blank" {
		t.Errorf("call ended %s with status %q, want silent/no_audio and nothing counted", got.ending(), got.Status)
	}
}

func testLonger(t *testing.T, l *line) {
	said := speech(t, 9)
	r := l.phone(t, softphone.Script{Say: said})
	if r.Ended != softphone.EndedCallee {
		t.Errorf("the call was ended by the %s, want by us at the limit", r.Ended)
	}
	got := l.want(t, r, "message/length", "counted")
	if got.Seconds < 5.5 || got.Seconds > 7.5 {
		t.Errorf("the recording has %.1f s, want the limit of 6", got.Seconds)
	}
	if c := recording(t, got, said[:5*rate]); c.Correlation < 0.98 {
		t.Errorf("the message is not in the recording: correlation %.3f", c.Correlation)
	}
}

func testUnknown(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{To: l.uri("+3225550199")})
	if r.Ended != softphone.EndedRefused || r.Status != 404 {
		t.Errorf("the call ended %q with %d, want refused with 404", r.Ended, r.Status)
	}
	l.want(t, r, "refused/unknown_number", "")
	if !strings.Contains(l.log.String(), "unknown_number") {
		t.Error("the log does not say why the call was refused")
	}
}

func testDiversion(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{
		To:      l.uri("trunk"),
		Headers: []softphone.Header{{Name: "Diversion", Value: "<sip:025550101@carrier.example>;reason=unconditional"}},
		Say:     speech(t, 1.2), // not what another says: that would be a duplicate
	})
	if got := l.want(t, r, "message/caller", "counted"); got.Line != "partner" {
		t.Errorf("the call reached line %q, want partner", got.Line)
	}
}

func testWithheld(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{Withhold: true, AssertedIdentity: callerNumber, Say: speech(t, 1)})
	got := l.want(t, r, "message/caller", "counted")
	if got.CallerClass != "withheld" {
		t.Errorf("the caller is %q, want withheld", got.CallerClass)
	}
	out, _, _ := l.run("show", got.ID, "--json")
	if !strings.Contains(out, `"pseudonym":""`) {
		t.Errorf("a withheld caller has a pseudonym: %s", out)
	}
}

// Privacy asks to withhold the number whether or not the network vouches for one.
func testPrivacy(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{
		Headers: []softphone.Header{{Name: "Privacy", Value: "user;id"}},
		Say:     speech(t, 1.4),
	})
	if got := l.want(t, r, "message/caller", "counted"); got.CallerClass != "withheld" {
		t.Errorf("the caller is %q, want withheld", got.CallerClass)
	}
}

// A telephone that dies sends nothing any more, and no BYE either: what was said
// is kept, and the line is not held until the longest message is over.
func testDies(t *testing.T, l *line) {
	r := l.phone(t, softphone.Script{
		To: l.uri(patientNumber), Say: speech(t, 1.6), SilentAfter: true, HangupAt: softphone.Never, MaxLength: time.Minute,
	})
	if r.Ended != softphone.EndedCallee {
		t.Errorf("the call was ended by the %s, want by us", r.Ended)
	}
	l.want(t, r, "message/no_audio", "counted")
}
