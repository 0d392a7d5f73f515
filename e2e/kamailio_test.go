//go:build heavy

package e2e

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"glennline/asterisk-conf/pbx"
	"glennline/softphone"
)

// registrar is a Kamailio.
type registrar struct {
	dir  string
	port int
	*launched
	called int
}

const kamailioAddress = "127.0.0.7"

// newRegistrar starts one that takes a password from whoever registers.
func newRegistrar(t *testing.T, password string) *registrar {
	t.Helper()
	r := &registrar{dir: tempDir(t), port: freePort(t)}
	r.start(t, password)
	return r
}

// start starts it with its memory gone.
func (r *registrar) start(t *testing.T, password string) {
	t.Helper()
	config := filepath.Join(r.dir, "kamailio.cfg")
	writeFilled(t, "kamailio/kamailio.cfg", config, "@HOST@", kamailioAddress, "@PORT@", fmt.Sprint(r.port), "@PASSWORD@", password)
	r.launched = launchPeer(t, "kamailio", "-DD", "-E", "-f", config, "-w", r.dir, "-Y", r.dir, "-m", "32", "-M", "8")
}

// A registrar that others wrote challenges us, refuses a password, calls us,
// dies, and comes back; metrics and trunk watch tell of it, and the registration
// goes on trying.
func TestRegistrarOfOthers(t *testing.T) {
	t.Parallel()
	const password = "kamailio-password"
	r := newRegistrar(t, password)
	server := net.JoinHostPort(kamailioAddress, fmt.Sprint(r.port))
	monitor := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	dir := tempDir(t)
	writePassword(t, dir, "password", password)
	writePassword(t, dir, "wrong-password", "mistyped")
	l := upIn(t, dir, lineCalls, fmt.Sprintf(`region: BE
monitor: {listen: '%s'}
trunks:
  - {name: udp, type: register, server: "%s", user: "3225550100", password_file: password}
  - {name: tcp, type: register, server: "%s", transport: tcp, user: "3225550101", password_file: password}
  - {name: mistyped, type: register, server: "%s", user: "3225550102", password_file: wrong-password}
  - {name: asked, addresses: [%s], server: "%s"}
  - {name: barred, type: register, server: "%s", user: barred, password_file: password}
lines:
  - {name: first, numbers: ["+32 2 555 01 00"], language: fr, prompts: @DIR@/prompts, limits: {silence: 5s}}
  - {name: third, numbers: ["+32 2 555 01 02"], language: fr, prompts: @DIR@/prompts, limits: {silence: 5s}}
  - {name: second, numbers: ["+32 2 555 01 01"], language: fr, prompts: @DIR@/prompts, limits: {silence: 5s}}
`, monitor, server, server, server, kamailioAddress, server, server))
	watcher := l.watch(t)

	trunkUp := func(trunk string, up int) {
		t.Helper()
		want := fmt.Sprintf("glennline_trunk_up{trunk=%q} %d\n", trunk, up)
		waitFor(t, want, func() bool {
			_, metrics := told(t, monitor, "/metrics")
			return strings.Contains(metrics, want)
		})
	}
	for _, trunk := range []string{"udp", "tcp", "asked"} {
		trunkUp(trunk, 1)
	}
	if said := r.log.String(); !strings.Contains(said, "challenged 3225550100") {
		t.Errorf("it did not challenge:\n%s", said)
	}
	r.calls(t, l, watcher, "udp", "3225550100")
	r.calls(t, l, watcher, "tcp", "3225550101")
	for _, trunk := range []string{"mistyped", "barred"} {
		waitFor(t, trunk+" to be refused", func() bool { return l.registration(t, trunk).Status == pbx.Rejected })
		trunkUp(trunk, 0)
		if got := l.registration(t, trunk); got.Next <= 0 {
			t.Errorf("%s is not tried again: %+v", trunk, got)
		}
	}

	r.kill()
	// Over TCP nobody answers at once; over UDP it takes until nothing came.
	trunkUp("tcp", 0)
	trunkUp("asked", 0)
	// Just before the next try none is to come: whole seconds are told.
	waitFor(t, "the registration over TCP to be tried again", func() bool {
		got := l.registration(t, "tcp")
		return got.Status == pbx.Rejected && got.Next > 0
	})
	// It comes back with another password, which was ours for mistyped.
	r.start(t, "mistyped")
	trunkUp("mistyped", 1)
	r.calls(t, l, watcher, "mistyped", "3225550102")
	waitFor(t, "a registration that is refused by the one that came back", func() bool {
		return strings.Count(r.log.String(), "challenged 3225550101") > 1
	})
	trunkUp("tcp", 0)
	r.kill()
	r.start(t, password)
	for _, trunk := range []string{"udp", "tcp", "asked"} {
		trunkUp(trunk, 1)
	}
	r.calls(t, l, watcher, "tcp", "3225550101")
	if strings.Contains(l.log.String(), password) {
		t.Error("the log holds the password")
	}
	l.noNumber(digits...)
	watcher.noNumber(digits...)
}

// calls calls a user of the registrar, which passes it on to us, and leaves a
// message.
func (r *registrar) calls(t *testing.T, l *line, watcher *watcher, trunk, user string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	r.called++
	said := speech(t, 1.2+0.1*float64(r.called)) // not what another call said
	to := fmt.Sprintf("sip:%s@%s:%d", user, kamailioAddress, r.port)
	called, err := softphone.Call(ctx, softphone.Config{BindHost: "127.0.0.8"}, softphone.Script{To: to, From: nextCaller(t), Say: said})
	if err != nil {
		t.Fatal(err)
	}
	got := l.want(t, called, "message/caller", "counted")
	if c := recording(t, got, said); c.Correlation < 0.98 {
		t.Errorf("by %s: the message is not in the recording: correlation %.3f", trunk, c.Correlation)
	}
	if seen := watcher.call(t, called.CallID); seen.Trunk != trunk || !strings.HasPrefix(seen.Source, kamailioAddress+":") || seen.Line != got.Line {
		t.Errorf("by %s: it was seen as %+v", trunk, seen)
	}
}
