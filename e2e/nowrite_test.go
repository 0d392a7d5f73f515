//go:build heavy

package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/softphone"
)

// The disk fills up, or the spool becomes read-only, in the middle of a message:
// what had been written is kept (a recording that is open is written on in a spool
// that is read-only for new ones), nothing is counted that is not there, and
// once it can be written again the line takes messages as before.
func TestNothingCanBeWrittenInTheMessage(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	for name, stop := range map[string]func(t *testing.T, data string) (again func()){
		"disk full": func(t *testing.T, data string) func() { return fill(t, filepath.Join(data, "filler")) },
		"spool read-only": func(t *testing.T, data string) func() {
			spool := filepath.Join(data, "asterisk", "spool")
			if err := syscall.Mount(spool, spool, "", syscall.MS_BIND, ""); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mount("", spool, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := syscall.Unmount(spool, syscall.MNT_DETACH); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tempDir(t)
			data := smallDisk(t, dir)
			l := upIn(t, dir, lineCalls, "admission: {min_free_mib: 1}\n"+strings.ReplaceAll(callsConfig, "message: 6s", "message: 20s"))
			said := speech(t, 8)
			r, over := l.until(t, softphone.Speaking, softphone.Script{Say: said, SayDelay: 500 * time.Millisecond})
			const spoken = 5 * time.Second
			time.Sleep(spoken)
			again := stop(t, data)
			meanwhile := l.phone(t, softphone.Script{Say: said[rate:][:rate], AnswerWithin: 20 * time.Second, SayDelay: 500 * time.Millisecond})
			<-over
			// From then on nobody is answered for nothing.
			waitFor(t, "glennline to know", func() bool { return l.logged("new calls are refused before the answer") > 0 })
			if r := l.phone(t, softphone.Script{HangupAt: softphone.AfterAnswer}); r.Status != 503 || r.AnswerTime != 0 {
				t.Errorf("a call ended %q with %d (answered after %v), want refused with 503", r.Ended, r.Status, r.AnswerTime)
			}
			again()
			// Refused, or cut off before glennline knew: never thanked for nothing, and
			// told in the ledger.
			if meanwhile.AnswerTime > 0 {
				if got := l.call(meanwhile.CallID); got.ending() != "failed/record" || got.Status != "" {
					t.Errorf("the call meanwhile ended %s with status %q", got.ending(), got.Status)
				}
			} else if meanwhile.Status != 503 {
				t.Errorf("the call meanwhile was refused with %d", meanwhile.Status)
			}
			n := 0.0
			var tried []string
			waitFor(t, "a message to be taken again", func() bool {
				n += 0.5
				last := l.phone(t, softphone.Script{Say: said[2*rate:][:int((1+n)*rate)], SayDelay: 500 * time.Millisecond})
				tried = append(tried, last.CallID)
				for _, row := range l.calls() {
					if slices.Contains(tried, row.SIPCallID) && row.Status == "counted" {
						return true
					}
				}
				return false
			})
			// What could not be archived or moved aside then is now, as the service does every few minutes.
			waitFor(t, "reconcile to leave nothing", func() bool {
				out, _, code := l.run("reconcile", "--apply")
				return code == 0 && !strings.Contains(out, "may still be alive")
			})
			got := l.call(r.CallID)
			if got.Ending.Result != "message" || got.Status != "counted" {
				t.Errorf("the call in progress ended %s with status %q, want a message that counts", got.ending(), got.Status)
			}
			if lost := spoken.Seconds() - got.Seconds; lost > 2.1 {
				t.Errorf("%.2f s are lost, want 2.1 at most", lost)
			}
			if c := recording(t, got, said[:2*rate]); c.Correlation < 0.98 || c.Covered < 0.999 {
				t.Errorf("%.0f%% of what was said is in the recording: correlation %.3f", 100*c.Covered, c.Correlation)
			}
			l.agrees(t)
			l.noNumber(digits...)
		})
	}
}
