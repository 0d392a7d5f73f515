package pbx

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap/zapcore"
)

func TestRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		var mu sync.Mutex // windows end side by side
		r := newRepeats(func(l line) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, l.text)
		})
		lines := func() []string {
			mu.Lock()
			defer mu.Unlock()
			defer func() { said = nil }()
			return said
		}
		for n := range 250 {
			r.admit(line{level: zapcore.WarnLevel, source: "pjproject:0", text: fmt.Sprintf("Dropping %d bytes packet from 192.0.2.1", n)})
		}
		r.admit(line{level: zapcore.WarnLevel, source: "pjproject:0", text: "Something else"})
		r.admit(line{level: zapcore.ErrorLevel, source: "pjproject:0", text: "Dropping 7 bytes packet, as an error"})
		for range 30 {
			r.admit(line{level: zapcore.DebugLevel, text: "chatter"})
		}
		r.admit(line{level: zapcore.WarnLevel, source: "pjproject:0", text: "Dropping 7 bytes packet from 192.0.2.2"})
		if got := lines(); len(got) != repeatBurst+3+30 {
			t.Errorf("%d lines at once, want the first %d, three others and 30 of debugging: %q", len(got), repeatBurst, got)
		}
		time.Sleep(repeatWindow)
		synctest.Wait()
		want := []string{"Dropping 249 bytes packet from 192.0.2.1 … 240 more like this within a minute"}
		if diff := cmp.Diff(want, lines()); diff != "" {
			t.Error(diff)
		}
		// The next window begins anew, and its end comes with that of the console.
		for n := range repeatBurst + 3 {
			r.admit(line{level: zapcore.WarnLevel, source: "pjproject:0", text: fmt.Sprintf("Dropping %d bytes", n)})
		}
		r.close()
		if got := lines(); len(got) != repeatBurst+1 || !strings.HasSuffix(got[len(got)-1], "… 3 more like this within a minute") {
			t.Errorf("at the end: %q", got)
		}
		r.close()
		time.Sleep(2 * repeatWindow)
		synctest.Wait()
		if got := lines(); len(got) > 0 {
			t.Errorf("told again: %q", got)
		}
	})
}

// However lines vary, what is remembered of them has an end.
func TestRepeatsAreBounded(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		var n atomic.Int64
		r := newRepeats(func(line) { n.Add(1) })
		defer r.close()
		for i := range 10 * repeatKinds {
			r.admit(line{level: zapcore.InfoLevel, text: fmt.Sprintf("Request 'INVITE' failed for '192.0.%d.%d:5060'", i/250, i%250)})
		}
		if len(r.kinds) > repeatKinds+1 || n.Load() > repeatKinds+repeatBurst {
			t.Errorf("%d kinds, %d lines", len(r.kinds), n.Load())
		}
	})
}

// Strangers are told apart by where they come from, not by what they call themselves:
// one who floods the log does not hide the next.
func TestRepeatsOfStrangers(t *testing.T) {
	const refused = "Request 'INVITE' from '<sip:[user]@127.0.0.1>' failed for '%s:5060' (callid: a) - No matching endpoint found"
	var said []string
	r := newRepeats(func(l line) { said = append(said, l.text) })
	defer r.close()
	for range 2 * repeatBurst {
		r.admit(line{level: zapcore.InfoLevel, text: fmt.Sprintf(refused, "192.0.2.1")})
	}
	next := fmt.Sprintf(refused, "192.0.2.2")
	r.admit(line{level: zapcore.InfoLevel, text: next})
	if len(said) != repeatBurst+1 || said[len(said)-1] != next {
		t.Errorf("the second stranger is not told of: %d lines, the last %q", len(said), said[len(said)-1])
	}
}
