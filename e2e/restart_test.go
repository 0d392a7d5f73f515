//go:build e2e

package e2e

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"glennline/softphone"
)

// How long it takes after a death until the line answers through glennline
// again. The figures stand in the test's log; meanwhile the dialplan answers, as long as
// there is an Asterisk.
func TestAnswersAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		death    func(l *line)
		answered bool // every call meanwhile
	}{
		"after a restart of glennline": {func(l *line) {
			l.kill()
			l.launch()
		}, true},
		"after the death of Asterisk": {func(l *line) {
			if err := syscall.Kill(l.asterisk(), syscall.SIGKILL); err != nil {
				l.t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := up(t, callsConfig)
			c.death(l)
			began := time.Now()
			calls := l.knock(t)
			first, unanswered := time.Duration(-1), 0
			for _, call := range calls {
				if call.answered.IsZero() {
					unanswered++
					continue
				}
				if after := call.answered.Sub(began); l.served(call.id) && (first < 0 || after < first) {
					first = after
				}
			}
			t.Logf("the line answered through glennline %.2f s later; of %d calls till then %d were not answered",
				first.Seconds(), len(calls), unanswered)
			if c.answered && unanswered > 0 {
				t.Errorf("%d of %d calls were not answered, although Asterisk was there", unanswered, len(calls))
			}
		})
	}
}

// knocked is a call that hangs up soon after it is answered.
type knocked struct {
	id       string
	answered time.Time // zero if it was not
}

// knock calls every tenth of a second until a call was served by glennline.
func (l *line) knock(t *testing.T) []knocked {
	t.Helper()
	var (
		mu    sync.Mutex
		all   []knocked
		calls sync.WaitGroup
	)
	served := make(chan struct{}, 1000)
	for start := time.Now(); time.Since(start) < deadline; {
		calls.Go(func() {
			var call knocked
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			// While no Asterisk listens, the call fails at once.
			report, _ := softphone.Call(ctx, softphone.Config{BindHost: "127.0.0.1"}, softphone.Script{
				To: l.uri(mainNumber), From: callerNumber, CancelAfter: 3 * time.Second,
				HangupAt: softphone.AfterAnswer, HangupAfter: 200 * time.Millisecond,
				OnEvent: func(e softphone.Event) {
					if e.Kind == softphone.Answered {
						call.answered = e.At
					}
				},
			})
			call.id = report.CallID
			mu.Lock()
			all = append(all, call)
			mu.Unlock()
			if call.answered.IsZero() {
				return
			}
			for range 20 { // the line of the log follows the hang-up
				if l.served(call.id) {
					served <- struct{}{}
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
		select {
		case <-served:
			calls.Wait()
			return all
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatalf("no call was served by glennline within %s", deadline)
	return nil
}

// served says whether glennline itself wrote the call's ending.
func (l *line) served(callID string) bool {
	for text := range strings.Lines(l.log.String()) {
		if strings.Contains(text, "call ended") && strings.Contains(text, callID) {
			return true
		}
	}
	return false
}
