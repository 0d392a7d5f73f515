package softphone

import (
	"context"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// A hundred callers in one process: each hears its own beep and no other's.
func TestManyCallsAtOnce(t *testing.T) {
	const calls = 100
	pitch := func(i int) float64 { return 400 + 20*float64(i) }
	reports := make([]<-chan result, calls)
	var farEnds sync.WaitGroup
	for i := range calls {
		f := newFarEnd(t)
		reports[i] = place(t, t.Context(), Script{To: f.uri(), Say: babble(uint64(i), 1600)})
		farEnds.Go(func() {
			invite := f.expect("INVITE")
			f.respond(invite, "200 OK", f.sdp("8"), f.contact())
			f.expect("ACK")
			f.play(invite, join(make([]int16, 800), beepTone(pitch(i), 3200), make([]int16, 3200)))
			f.takeBye()
		})
	}
	farEnds.Wait()
	seen := map[string]bool{}
	for i, done := range reports {
		r := wait(t, done)
		if r.err != nil || r.Ended != EndedCaller || r.Said != 1600 || len(r.Beeps) != 1 {
			t.Errorf("call %d: %v, ended %s, said %d, beeps %v", i, r.err, r.Ended, r.Said, r.Beeps)
			continue
		}
		if math.Abs(r.Beeps[0].Hz-pitch(i)) > 5 {
			t.Errorf("call %d heard %.0f Hz, want %.0f", i, r.Beeps[0].Hz, pitch(i))
		}
		if seen[r.CallID] {
			t.Errorf("Call-ID %q came twice", r.CallID)
		}
		seen[r.CallID] = true
	}
}

// records keeps what goes through slog.
type records struct {
	slog.Handler
	mu    sync.Mutex
	lines []string
}

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }

func (r *records) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, record.Message)
	return nil
}

// The libraries log requests whole. Neither they nor we may tell who called.
func TestNothingIsLoggedOfTheCaller(t *testing.T) {
	before := slog.Default()
	library := &records{}
	slog.SetDefault(slog.New(library))
	t.Cleanup(func() { slog.SetDefault(before) })
	core, ours := observer.New(zap.DebugLevel)

	f := newFarEnd(t)
	done := make(chan result, 1)
	go func() {
		r, err := Call(t.Context(), Config{Log: zap.New(core)}, Script{To: f.uri(), From: "+32470550100", HangupAt: Never})
		done <- result{r, err}
	}()
	invite := f.answer()
	f.write(invite.from, []string{"INFO sip:x SIP/2.0", "From: <sip:+32470550100@x>", "", ""}) // nonsense, to provoke a complaint
	f.bye(invite)
	wait(t, done)

	if len(library.lines) > 0 {
		t.Errorf("the libraries logged %q", library.lines)
	}
	if ours.Len() != 1 {
		t.Errorf("%d lines of ours, want 1", ours.Len())
	}
	for _, entry := range ours.All() {
		if text := entry.Message + " " + strings.Join(values(entry.ContextMap()), " "); strings.Contains(text, "470550100") {
			t.Errorf("logged: %s", text)
		}
	}
}

func values(fields map[string]any) []string {
	var out []string
	for _, v := range fields {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
