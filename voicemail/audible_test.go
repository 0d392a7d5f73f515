package voicemail

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// An Asterisk that stood still has written nothing meanwhile, and what it was sent still
// waits for it: that is no caller who says nothing, and no recording to begin anew.
func TestStandstillIsNoSilence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.wav")
	if err := os.WriteFile(path, make([]byte, 44), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		file := watch(path, 3*time.Second)
		if !file.audible(began) || file.stale(began) {
			t.Error("a recording that began just now is taken for silent or stale")
		}
		time.Sleep(40 * time.Second)
		for after, want := range map[time.Duration]struct{ audible, stale bool }{
			0:                {true, false},
			4 * time.Second:  {true, false},
			5 * time.Second:  {true, true},
			10 * time.Second: {false, true},
			time.Minute:      {false, true},
		} {
			file.done = -1
			since := time.Now().Add(-after)
			if audible, stale := file.audible(since), file.stale(since); audible != want.audible || stale != want.stale {
				t.Errorf("%s after a standstill: audible %t, stale %t; want %t, %t", after, audible, stale, want.audible, want.stale)
			}
		}
	})
}
