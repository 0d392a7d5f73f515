//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glennline/softphone"
)

// promptLines is how many lines of callsConfig speak the prompts that are replaced.
const promptLines = 3

// Prompts that are replaced while glennline runs count from the next call on,
// and the ledger tells which of them a caller heard.
func TestReplacedPrompts(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	prompts := filepath.Join(l.dir, "prompts")
	first := l.noticeHeard(t)

	inForce := l.logged("prompts in force")
	next := filepath.Join(l.dir, "next.wav")
	writeWAV(t, next, chord(0.8, 320, 540))
	if err := os.Rename(next, filepath.Join(prompts, "notice.wav")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the new notice to be in force on each line", func() bool { return l.logged("prompts in force") == inForce+promptLines })
	second := l.noticeHeard(t)
	if second == first {
		t.Errorf("a caller after the change heard version %s as one before", second)
	}

	// A bad one is refused, and what was there stays.
	refused := l.logged("prompts refused, those before stay in force")
	if err := os.WriteFile(filepath.Join(prompts, "notice.wav"), []byte("no audio"), 0o644); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the bad notice to be refused on each line", func() bool {
		return l.logged("prompts refused, those before stay in force") == refused+promptLines
	})
	if third := l.noticeHeard(t); third != second {
		t.Errorf("after a bad notice callers hear version %s, want %s as before", third, second)
	}

	// The folder itself may be exchanged, for a link too.
	inForce = l.logged("prompts in force")
	shortPrompts(t, filepath.Join(l.dir, "later"))
	if err := os.Rename(prompts, filepath.Join(l.dir, "former")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("later", prompts); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the linked folder to be in force on each line", func() bool { return l.logged("prompts in force") == inForce+promptLines })
	if fourth := l.noticeHeard(t); fourth != first {
		t.Errorf("the prompts of the beginning have version %s, then %s", first, fourth)
	}
	l.noNumber(digits...)
	l.quiet("prompts refused, those before stay in force")
}

// noticeHeard calls the line and gives the version of the notice in the ledger.
func (l *line) noticeHeard(t *testing.T) string {
	t.Helper()
	r := l.phone(t, softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: 300 * time.Millisecond})
	out, errs, code := l.run("show", "--json", l.call(r.CallID).ID)
	if code != 0 {
		t.Fatalf("show: %s", errs)
	}
	var shown struct {
		Consent struct {
			Notice string `json:"notice"`
		} `json:"consent"`
	}
	if err := json.Unmarshal([]byte(out), &shown); err != nil || shown.Consent.Notice == "" {
		t.Fatalf("show tells of no notice (%v): %s", err, out)
	}
	return shown.Consent.Notice
}
