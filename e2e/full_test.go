//go:build heavy

package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/softphone"
	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

// The disk fills up under a call that was answered: the caller is asked to call
// again, by glennline and by the dialplan alike, what had been written is kept,
// and the ending says that it was not the caller who stopped.
func TestDiskFillsUnderACall(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	for name, c := range map[string]struct {
		at      softphone.Kind
		spoken  time.Duration
		away    bool
		endings []string
	}{
		// How much of the first words still fits depends on what the files there left of their last blocks.
		"during the notice":           {softphone.FirstAudio, 0, false, []string{"message/record", "silent/record", "failed/record"}},
		"in the message":              {softphone.Speaking, 2500 * time.Millisecond, false, []string{"message/record"}},
		"in the dialplan's recording": {softphone.Speaking, 2500 * time.Millisecond, true, []string{"message/fallback"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tempDir(t)
			data := smallDisk(t, dir)
			l := upIn(t, dir, lineCalls, "admission: {min_free_mib: 1}\n"+callsConfig)
			if c.away {
				l.kill()
			}
			r, over := l.until(t, c.at, softphone.Script{Say: speech(t, 5.5), HangupAt: softphone.Never, AnswerWithin: 20 * time.Second})
			time.Sleep(c.spoken)
			room := fill(t, filepath.Join(data, "filler"))
			<-over
			if r.Ended != softphone.EndedCallee || len(r.Beeps) != 1 {
				t.Errorf("the call was ended by the %s after %d beeps, want by us after one", r.Ended, len(r.Beeps))
			}
			busy, err := wav.Read(filepath.Join(dir, "prompts", "busy.wav"))
			if err != nil {
				t.Fatal(err)
			}
			if heard := audio.Compare(busy.Samples, r.Heard, rate); heard.Correlation < 0.9 {
				t.Errorf("the caller was not asked to call again: correlation %.3f", heard.Correlation)
			}
			room()
			if c.away {
				l.start()
			}
			got := l.call(r.CallID)
			if !slices.Contains(c.endings, got.ending()) || (got.Status == "") != (got.Ending.Result == "failed") {
				t.Errorf("the call ended %s with status %q, want one of %q", got.ending(), got.Status, c.endings)
			}
			// What could not be moved aside then is now, as the service does every few minutes.
			waitFor(t, "reconcile to leave nothing", func() bool {
				out, _, code := l.run("reconcile", "--apply")
				return code == 0 && !strings.Contains(out, "may still be alive")
			})
			l.agrees(t)
			l.noNumber(digits...)
		})
	}
}
