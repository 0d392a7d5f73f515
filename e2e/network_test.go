//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"glennline/softphone"
)

// ownAddress is an IPv4 address of this machine at which others reach it, or,
// where it has none, one that only it reaches.
func ownAddress(t *testing.T) netip.Addr {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if p, err := netip.ParsePrefix(address.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			return p.Addr()
		}
	}
	return netip.MustParseAddr("127.0.0.1")
}

// Whoever gives the line an address of the network, and nothing else, can call
// it there, and is told so.
func TestCallsFromTheNetworkOfTheAddress(t *testing.T) {
	t.Parallel()
	rtp := freeRTP(t, lineCalls)
	l := newLine(t, tempDir(t), fmt.Sprintf("rtp: {from: %d, to: %d}\npbx: {max_calls: %d}\n%s", rtp, rtp+2*lineCalls-1, lineCalls, callsConfig))
	host := ownAddress(t).String()
	config, err := os.ReadFile(l.config)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(config), "sip: {host: 127.0.0.1,", "sip: {host: "+host+",", 1)
	if err := os.WriteFile(l.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.addr)
	if err != nil {
		t.Fatal(err)
	}
	l.addr = net.JoinHostPort(host, port)
	l.args = []string{"up"}
	l.start()

	waitFor(t, "what to do with the line to be said", func() bool {
		return l.logged("glennline: dial sip:") == 1 && l.logged("; calls are taken from 127.0.0.1") == 1
	})
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	report, err := softphone.Call(ctx, softphone.Config{BindHost: host}, softphone.Script{
		To: l.uri(mainNumber), From: nextCaller(t), Say: speech(t, 4)[:3*rate/2],
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.AnswerTime == 0 {
		t.Fatalf("not answered: %s (%d %s)", report.Ended, report.Status, report.Reason)
	}
	l.want(t, report, "message/caller", "counted")
	l.quiet()
}
