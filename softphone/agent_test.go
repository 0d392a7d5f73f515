package softphone

import (
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestQ850(t *testing.T) {
	tests := map[string]int{
		`Q.850;cause=16;text="Normal Clearing"`: 16,
		`q.850 ; text="x" ; cause = 127`:        127,
		`SIP;cause=600`:                         0,
		`SIP;cause=200, Q.850;cause=34`:         34,
		`Q.850`:                                 0,
		``:                                      0,
	}
	for value, want := range tests {
		req := sip.NewRequest(sip.BYE, sip.Uri{Scheme: "sip", Host: "127.0.0.1"})
		if value != "" {
			req.AppendHeader(sip.NewHeader("Reason", value))
		}
		if got := q850(req); got != want {
			t.Errorf("%q has cause %d, want %d", value, got, want)
		}
	}
}

func TestLocalIP(t *testing.T) {
	loopback := sip.Uri{Scheme: "sip", User: "100", Host: "127.0.0.1"}
	for _, host := range []string{"", "0.0.0.0", "::"} {
		if ip, err := localIP(t.Context(), host, loopback); err != nil || ip != "127.0.0.1" {
			t.Errorf("bound to %q: %q, %v, want 127.0.0.1", host, ip, err)
		}
	}
	if ip, err := localIP(t.Context(), "127.0.0.2", loopback); err != nil || ip != "127.0.0.2" {
		t.Errorf("bound to 127.0.0.2: %q, %v", ip, err)
	}
}
