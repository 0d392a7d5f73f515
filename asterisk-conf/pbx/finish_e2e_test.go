//go:build e2e

package pbx

import (
	"context"
	"errors"
	"testing"
)

// answering has the dialplan answer and wait: nobody else does here.
func answering(t *testing.T, s *Server) {
	t.Helper()
	for _, line := range []string{"s,1,Answer", "s,2,Wait,600"} {
		if _, err := s.Command(t.Context(), "dialplan add extension "+line+" into fallback replace"); err != nil {
			t.Fatal(err)
		}
	}
}

// Asterisk that finishes refuses new calls, waits for the one that is there, and
// is not started again.
func TestFinish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.start()
	w.want(EventReady)
	answering(t, s)
	call := dial(t, w.cfg, invitation{user: "+3225550100"})
	if got := call.answer().status(); got != 200 {
		t.Fatalf("answered with %d", got)
	}
	finished := make(chan error, 1)
	go func() { finished <- s.Finish(t.Context()) }()
	// One that asked a moment before is answered still.
	for {
		next := dial(t, w.cfg, invitation{user: "+3225550100"})
		status := next.answer().status()
		if status == 503 {
			break
		}
		if status != 200 {
			t.Fatalf("while it finishes, a new call gets %d, want 503", status)
		}
		next.hangup()
	}
	select {
	case err := <-finished:
		t.Fatalf("finished with a call in progress: %v", err)
	default:
	}
	call.hangup()
	if err := <-finished; err != nil {
		t.Fatal(err)
	}
	w.want(EventStopped)
	if err := s.Err(); err != nil {
		t.Error(err)
	}
}

// Who does not wait any longer stops it with its calls.
func TestFinishGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.start()
	w.want(EventReady)
	answering(t, s)
	call := dial(t, w.cfg, invitation{user: "+3225550100"})
	call.answer()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Finish(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Finish: %v", err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	call.waitBye()
	w.want(EventStopped)
}
