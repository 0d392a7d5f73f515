//go:build heavy

package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// SIPp calls over TCP, all calls through one connection, and sipsak is answered
// when it asks whether we live, over either.
func TestOverTCP(t *testing.T) {
	t.Parallel()
	const calls = 20
	l := upFor(t, 2*calls, manyConfig+`
trunks:
  - {name: tcp, addresses: [127.0.0.1], transport: tcp}
  - {name: udp, addresses: [127.0.0.2]}
`)
	watcher := l.watch(t)
	said := speech(t, 2.5)
	l.sippIn(t.TempDir(), "message.xml", calls, said, nil, "-t", "t1")
	for _, r := range l.ended(calls) {
		if r.ending() != "message/caller" {
			t.Errorf("call %s ended %s", r.ID, r.ending())
			continue
		}
		if c := recording(t, r, said); c.Correlation < 0.95 || c.Covered < 0.99 {
			t.Errorf("call %s: %.0f%% of what was said is in the recording, with a correlation of %.3f", r.ID, 100*c.Covered, c.Correlation)
		}
		if seen := watcher.call(t, r.SIPCallID); seen.Trunk != "tcp" || seen.Line != "main" {
			t.Errorf("it was seen as %+v", seen)
		}
	}
	for _, transport := range []string{"tcp", "udp"} {
		if said, err := sipsak(t, l, "-E", transport); err != nil || !strings.Contains(said, "SIP/2.0 200 OK") || !strings.Contains(said, "Server: glennline\r\n") {
			t.Errorf("OPTIONS over %s: %v\n%s", transport, err, said)
		}
	}
	l.serves(t, mainNumber, "127.0.0.2")
	l.noNumber("4705561", "Delvaux")
	l.quiet()
}

// sipsak asks the line by OPTIONS, and returns what it shows.
func sipsak(t *testing.T, l *line, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), peer(t, "sipsak"), append(args, "-vvv", "-s", "sip:"+l.addr)...).CombinedOutput()
	return string(out), err
}
