//go:build heavy

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/asterisk-conf/pbx"
	"glennline/softphone"
)

// clockedAsterisk is an Asterisk whose clock, and nobody else's, goes by what
// step writes. Its timers go on evenly, as those of a machine do whose clock is set.
func clockedAsterisk(t *testing.T, dir string) (binary string, step func(by time.Duration)) {
	t.Helper()
	in, err := pbx.Find("")
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
	if err != nil || len(found) == 0 {
		t.Fatalf("libfaketime is not installed (%v)", err)
	}
	clock := filepath.Join(dir, "clock")
	step = func(by time.Duration) {
		next := clock + ".next"
		if err := os.WriteFile(next, []byte(fmt.Sprintf("%+.0f\n", by.Seconds())), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, clock); err != nil {
			t.Fatal(err)
		}
	}
	step(0)
	binary = filepath.Join(dir, "clocked", "bin", "asterisk")
	for link, to := range map[string]string{"lib/asterisk/modules": in.ModuleDir, "share/asterisk": in.DataDir} {
		link = filepath.Join(dir, "clocked", link)
		if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\nexport LD_PRELOAD=%s FAKETIME_TIMESTAMP_FILE=%s FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1\nexec %s \"$@\"\n",
		found[0], clock, in.Binary)
	if err := os.WriteFile(binary, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return binary, step
}

// The clock is stepped under Asterisk alone, while somebody speaks. No message is
// lost. A step of a second is nothing that anybody notices. After one of an hour the
// two clocks disagree on whether glennline lives, so the dialplan answers by
// itself; forward it ends the message in progress as well, because Asterisk counts
// the longest call's time by its clock.
func TestClockIsStepped(t *testing.T) {
	for name, c := range map[string]struct {
		by   time.Duration
		cut  bool   // the message in progress
		next string // the call after it
	}{
		"a second forward": {by: time.Second, next: "message/caller"},
		"a second back":    {by: -time.Second, next: "message/caller"},
		"an hour forward":  {by: time.Hour, cut: true, next: "message/fallback"},
		"an hour back":     {by: -time.Hour, next: "message/fallback"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			binary, step := clockedAsterisk(t, dir)
			rtp := freeRTP(t, lineCalls)
			l := newLine(t, dir, fmt.Sprintf("rtp: {from: %d, to: %d}\npbx: {asterisk: %s, max_calls: %d}\n%s", rtp, rtp+2*lineCalls-1, binary, lineCalls, adoptionConfig))
			l.args = []string{"up"}
			l.start()
			said := speech(t, 14)

			message := said[:8*rate]
			r, over := l.until(t, softphone.Speaking, softphone.Script{Say: message, SayDelay: 500 * time.Millisecond})
			time.Sleep(3 * time.Second)
			step(c.by)
			<-over
			if cut := r.Ended == softphone.EndedCallee; cut != c.cut || len(r.Beeps) != 1 || r.Said < 3*rate {
				t.Errorf("the caller heard %d beeps and said %d of %d samples; the call was ended by the %s", len(r.Beeps), r.Said, len(message), r.Ended)
			}
			l.wantStepped(t, *r, "message/caller", message[:r.Said-r.Said%rate])

			message = said[4*rate:][:3*rate]
			next := l.phone(t, softphone.Script{Say: message, SayDelay: 500 * time.Millisecond})
			if len(next.Beeps) != 1 || next.Said != len(message) || next.Ended != softphone.EndedCaller {
				t.Errorf("the next caller heard %d beeps and said %d of %d samples; the call was ended by the %s", len(next.Beeps), next.Said, len(message), next.Ended)
			}
			far := c.by.Abs() > time.Minute
			if far {
				waitFor(t, "a warning of the clock", func() bool { return l.logged("clock and this one are apart") == 1 })
			}
			if out, _, _ := l.run("doctor"); strings.Contains(out, "Asterisk's clock is ") != far {
				t.Errorf("doctor:\n%s", out)
			}
			// Right again, and so is the line.
			step(0)
			var tried []string
			waitFor(t, "glennline to answer again", func() bool {
				last := l.phone(t, softphone.Script{Say: said[10*rate:][:rate], SayDelay: 500 * time.Millisecond})
				tried = append(tried, last.CallID)
				return slices.ContainsFunc(tried, func(id string) bool { return l.logged(id) > 0 })
			})
			waitFor(t, "reconcile to find nothing left", func() bool {
				out, errs, code := l.run("reconcile", "--apply") // as the service does every few minutes
				if code != 0 {
					t.Errorf("reconcile --apply: exit %d\n%s%s", code, out, errs)
				}
				return !strings.Contains(out, "may still be alive")
			})
			l.wantStepped(t, next, c.next, message)
			if n := l.logged("clock and this one are apart"); far != (n == 1) {
				t.Errorf("warned of the clock %d times", n)
			}
			l.agrees(t)
			l.noNumber(digits...)
		})
	}
}

func (l *line) wantStepped(t *testing.T, r softphone.Report, ending string, said []int16) {
	t.Helper()
	got := l.want(t, r, ending, "counted")
	if c := recording(t, got, said); c.Correlation < 0.98 || c.Covered < 0.98 {
		t.Errorf("%.0f%% of what was said is in the recording: correlation %.3f", 100*c.Covered, c.Correlation)
	}
}
