package pbx

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap/zapcore"
)

func TestRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		r := newRepeats(func(l line) { said = append(said, l.text) })
		for n := range 250 {
			r.admit(line{level: zapcore.WarnLevel, source: "pjproject:0", text: fmt.Sprintf("Dropping %d bytes packet from 192.0.2.1", n)})
		}
		r.admit(line{level: zapcore.WarnLevel, source: "pjproject:0", text: "Something else"})
		r.admit(line{level: zapcore.ErrorLevel, source: "pjproject:0", text: "Dropping 7 bytes packet, as an error"})
		for range 30 {
			r.admit(line{level: zapcore.DebugLevel, text: "chatter"})
		}
		r.admit(line{level: zapcore.WarnLevel, source: "pjproject:0", text: "Dropping 7 bytes packet from 192.0.2.2"})
		if n := len(said); n != repeatBurst+3+30 {
			t.Errorf("%d lines at once, want the first %d, three others and 30 of debugging: %q", n, repeatBurst, said)
		}
		said = nil
		time.Sleep(repeatWindow)
		synctest.Wait()
		want := []string{"Dropping 249 bytes packet from 192.0.2.1 … 240 more like this within a minute"}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Error(diff)
		}
		// The next window begins anew, and its end comes with that of the console.
		said = nil
		for n := range repeatBurst + 3 {
			r.admit(line{level: zapcore.WarnLevel, source: "pjproject:0", text: fmt.Sprintf("Dropping %d bytes", n)})
		}
		r.close()
		if n := len(said); n != repeatBurst+1 || !strings.HasSuffix(said[n-1], "… 3 more like this within a minute") {
			t.Errorf("at the end: %q", said)
		}
		r.close()
		time.Sleep(2 * repeatWindow)
		synctest.Wait()
		if n := len(said); n != repeatBurst+1 {
			t.Errorf("told again: %q", said)
		}
	})
}

// However lines vary, what is remembered of them has an end.
func TestRepeatsAreBounded(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		n := 0
		r := newRepeats(func(line) { n++ })
		defer r.close()
		for i := range 10 * repeatKinds {
			r.admit(line{level: zapcore.InfoLevel, text: fmt.Sprintf("Request 'INVITE' failed for '192.0.%d.%d:5060'", i/250, i%250)})
		}
		if len(r.kinds) > repeatKinds+1 || n > repeatKinds+repeatBurst {
			t.Errorf("%d kinds, %d lines", len(r.kinds), n)
		}
	})
}
