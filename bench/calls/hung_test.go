package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// What is said of a SIPp that hangs must tell whether Asterisk still has calls.
func TestHung(t *testing.T) {
	const counters = "TotalCallCreated;SuccessfulCall(C);FailedCall(C);Retransmissions(C);\n20;14;1;0;\n"
	for name, c := range map[string]struct {
		channels string
		err      error
		want     string
	}{
		"Asterisk has calls": {"PJSIP/a-1!from-trunk!x!1!Up\nPJSIP/a-2!from-trunk!x!1!Up\n", nil, "Asterisk has 2 channels:\nPJSIP/a-1"},
		"Asterisk has none":  {"\n", nil, "Asterisk has no channel any more"},
		"Asterisk is mute":   {"", errors.New("no console"), "Asterisk does not say what it has: no console"},
	} {
		s := &sipp{channels: func(context.Context) (string, error) { return c.channels, c.err }}
		err := s.hung(t.Context(), os.Getpid(), 48*time.Second, file(t, counters))
		for _, want := range []string{c.want, "within 48s", "20 calls were placed, 14 were good, 1 failed, 5 are open"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
	}
}

func TestThreadsOf(t *testing.T) {
	if got, err := threadsOf(os.Getpid()); err != nil || got == "" {
		t.Errorf("own threads: %q, %v", got, err)
	}
	if _, err := threadsOf(1 << 30); err == nil {
		t.Error("the threads of no process are no error")
	}
}
