//go:build heavy

package e2e

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glennline/softphone"
)

// The packets between glennline and Asterisk are dropped without a word, so that
// both believe for a while that they are connected: a message goes on, callers
// meanwhile are answered by the dialplan, and when packets pass again so do calls.
func TestHalfOpenSocket(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	l := up(t, adoptionConfig)
	port := setting(t, filepath.Join(l.dir, "data", "asterisk", "etc"), "http.conf", "bindport")
	said := speech(t, 14)
	during, duringOver := l.until(t, softphone.Speaking, softphone.Script{Say: said[:4*rate], SayDelay: 500 * time.Millisecond})
	after, afterOver := l.until(t, softphone.Speaking, softphone.Script{Say: said[rate/2:][:13*rate], SayDelay: 500 * time.Millisecond, HangupAfter: time.Second})

	lost, connected, from := l.logged("socket to asterisk lost"), l.logged("connected to asterisk"), time.Now()
	asRoot(t, "iptables", "-I", "INPUT", "-p", "tcp", "--dport", port, "-j", "DROP")
	asRoot(t, "iptables", "-I", "INPUT", "-p", "tcp", "--sport", port, "-j", "DROP")
	// Before glennline or Asterisk know: it rings until the dialplan takes it back.
	early := l.phone(t, softphone.Script{Say: said[rate:][:2*rate], SayDelay: 500 * time.Millisecond})
	waitFor(t, "glennline to notice", func() bool { return l.logged("socket to asterisk lost") > lost })
	t.Logf("noticed within %.1f s of the first packet that was dropped", time.Since(from).Seconds())
	meanwhile := l.phone(t, softphone.Script{Say: said[3*rate/2:][:2*rate], SayDelay: 500 * time.Millisecond})
	<-duringOver
	asRoot(t, "iptables", "-F", "INPUT")
	from = time.Now()
	waitFor(t, "glennline to be connected again", func() bool { return l.logged("connected to asterisk") > connected })
	t.Logf("connected again %.1f s after packets passed", time.Since(from).Seconds())
	<-afterOver
	later := l.phone(t, softphone.Script{Say: said[2*rate:][:2*rate], SayDelay: 500 * time.Millisecond})

	for name, c := range map[string]struct {
		report  softphone.Report
		said    []int16
		endings []string
	}{
		// Nobody heard who ended it: the file's silence was noticed, or that it was gone.
		"ended while packets were dropped": {*during, said[:4*rate], []string{"message/abandoned", "message/pbx"}},
		"outlived it":                      {*after, said[rate/2:][:13*rate], []string{"message/caller", "message/pbx"}}, // or not
		"came before it was noticed":       {early, said[rate:][:2*rate], []string{"message/fallback"}},
		"came meanwhile":                   {meanwhile, said[3*rate/2:][:2*rate], []string{"message/fallback"}},
		"came afterwards":                  {later, said[2*rate:][:2*rate], []string{"message/caller"}},
	} {
		if len(c.report.Beeps) != 1 || c.report.Said != len(c.said) || c.report.Ended != softphone.EndedCaller {
			t.Errorf("the call that %s heard %d beeps and said %d of %d samples; it was ended by the %s",
				name, len(c.report.Beeps), c.report.Said, len(c.said), c.report.Ended)
		}
		t.Logf("%s: answered after %.1f s", name, c.report.AnswerTime.Seconds())
		got := l.call(c.report.CallID)
		if !slices.Contains(c.endings, got.ending()) || got.Status != "counted" {
			t.Errorf("the call that %s ended %s with status %q, want one of %v and counted", name, got.ending(), got.Status, c.endings)
		}
		if r := recording(t, got, c.said); r.Correlation < 0.98 || r.Covered < 0.995 {
			t.Errorf("of the call that %s %.1f%% is in the recording: correlation %.3f", name, 100*r.Covered, r.Correlation)
		}
	}
	l.agrees(t)
	l.noNumber(digits...)
}
