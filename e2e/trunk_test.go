//go:build e2e

package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/asterisk-conf/pbx"
	"glennline/softphone"
)

// The line of the trunks' tests: each trunk dials a number of its own.
const trunkLines = `
region: BE
lines:
  - {name: udp, numbers: ["+32 2 555 01 10"], language: fr, prompts: @DIR@/prompts, limits: {silence: 5s}}
  - {name: tcp, numbers: ["+32 2 555 01 11"], language: fr, prompts: @DIR@/prompts, limits: {silence: 5s}}
  - {name: registered, numbers: ["+32 2 555 01 00"], language: fr, prompts: @DIR@/prompts, limits: {silence: 5s}}
  - {name: encrypted, numbers: ["+32 2 555 01 12"], language: fr, prompts: @DIR@/prompts, limits: {silence: 5s}}
  - {name: clear, numbers: ["+32 2 555 01 13"], language: fr, prompts: @DIR@/prompts}
  - {name: nat, numbers: ["+32 2 555 01 14"], language: fr, prompts: @DIR@/prompts}
  - {name: fragile, numbers: [fragile], language: fr, prompts: @DIR@/prompts, limits: {silence: 5s}}
`

// trunks is one line with trunks of every type, and the carrier at their other ends.
type trunks struct {
	*line
	carrier *carrier
	said    []int16  // by the carrier
	tls     int      // port
	monitor string   // address and port
	pki     string   // folder of certificates
	later   []func() // what to look at in the end
	watcher *watcher
}

func newTrunks(t *testing.T) *trunks {
	t.Helper()
	x := &trunks{said: speech(t, 2.5), tls: freePort(t)}
	dir := tempDir(t)
	said := filepath.Join(dir, "said.wav")
	writeWAV(t, said, x.said)
	x.pki = authority(t, map[string]string{"carrier": tlsAddress, "line": "127.0.0.1"})
	x.carrier = newCarrier(t, x.pki, said)
	for file, text := range map[string]string{"password": registeredPassword + "\n", "fragile-password": "fragile", "locked-password": "locked", "secure-password": "secure", "deceived-password": "deceived"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Room for all that testNothingGoesOut tries: each has its ports for half a minute.
	const calls = 250
	rtp := freeRTP(t, calls)
	x.line = newLine(t, dir, fmt.Sprintf(`rtp: {from: %d, to: %d}
pbx: {max_calls: %d}
trunks:
  - {name: udp, addresses: [127.0.0.2]}
  - {name: tcp, addresses: [127.0.0.3], transport: tcp}
  - name: registered
    type: register
    server: %s
    user: "%s"
    auth_user: %s
    password_file: password
  - {name: fragile, type: register, server: "%s", transport: tcp, user: fragile, password_file: fragile-password}
  - {name: locked, type: register, server: "%s", transport: tcp, user: locked, password_file: locked-password}
  - {name: secure, type: register, server: "%s", transport: tls, user: secure, password_file: secure-password}
  - {name: deceived, type: register, server: "127.0.0.6:%d", transport: tls, user: deceived, password_file: deceived-password}
  - {name: encrypted, addresses: [%s], transport: tls, srtp: true}
  - {name: outside, addresses: [127.0.0.9]}
  - {name: national, addresses: [127.0.0.10], dialled_from: [to], number_format: national}
  - {name: abroad, addresses: [127.0.0.11], dialled_from: [diversion, request], number_format: 00e164}
  - {name: italian, addresses: [127.0.0.12], number_format: e164, region: IT}
`, rtp, rtp+2*calls-1, calls, x.carrier.server(), registeredUser, registeredAuth, x.carrier.server(), x.carrier.server(),
		net.JoinHostPort(tlsAddress, fmt.Sprint(x.carrier.port)), x.carrier.port, tlsAddress)+trunkLines)
	x.edit(t, "sip: {host: 127.0.0.1,", fmt.Sprintf(
		"sip: {public_address: 203.0.113.7, local_networks: [127.0.0.0/29], tls: {port: %d, certificate_file: %s/line.crt, key_file: %s/line.key, ca_file: %s/ca.crt}, host: 127.0.0.1,",
		x.tls, x.pki, x.pki, x.pki))
	x.monitor = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	x.edit(t, "trunks:\n", "monitor: {listen: '"+x.monitor+"'}\ntrunks:\n")
	x.args = []string{"up"}
	return x
}

func TestTrunks(t *testing.T) {
	t.Parallel()
	x := newTrunks(t)
	x.carrier.start()
	x.start()
	x.watcher = x.watch(t)
	t.Run("each", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *trunks){
			"by address over UDP":        func(t *testing.T, x *trunks) { x.phoneFrom(t, "127.0.0.2", "udp", "+3225550110", 1.3) },
			"by address over TCP":        func(t *testing.T, x *trunks) { x.phoneFrom(t, "127.0.0.3", "tcp", "+3225550111", 1.4) },
			"by registration":            testRegistered,
			"over TLS, audio encrypted":  testEncrypted,
			"over TLS, audio in clear":   testClear,
			"a registrar's certificate":  testRegistrarsCertificate,
			"one version of TLS":         testTLSVersion,
			"behind a NAT":               testNAT,
			"a stranger":                 testStranger,
			"number as the trunk has it": testNumberOfTrunk,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, x)
			})
		}
	})
	testNothingGoesOut(t, x)
	testRegistrarDies(t, x)
	testNumberWithoutUs(t, x)
	for _, look := range x.later {
		look()
	}
	testSecrets(t, x)
	x.noNumber(digits...)
	x.watcher.noNumber(digits...)
}

// phoneFrom calls from an address of a trunk, and leaves a message.
func (x *trunks) phoneFrom(t *testing.T, host, transport, number string, seconds float64) softphone.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	said := speech(t, seconds)
	r, err := softphone.Call(ctx, softphone.Config{BindHost: host, Transport: transport}, softphone.Script{To: x.uri(number), From: nextCaller(t), Say: said})
	if err != nil {
		t.Fatal(err)
	}
	got := x.want(t, r, "message/caller", "counted")
	seen := x.watcher.call(t, r.CallID)
	seen.Source, _, _ = strings.Cut(seen.Source, ":")
	if want := (sighting{
		Trunk: transport, Source: host, SIPCallID: r.CallID, Caller: seen.Caller, Dialled: number, In: "request", Line: got.Line,
	}); seen != want || !strings.HasPrefix(seen.Caller, "+32…") {
		t.Errorf("it was seen as %+v, want %+v", seen, want)
	}
	if c := recording(t, got, said); c.Correlation < 0.98 {
		t.Errorf("the message is not in the recording: correlation %.3f", c.Correlation)
	}
	return r
}

// taken waits for the message that the carrier left on a line, the nth of it.
func (x *trunks) takenOn(t *testing.T, line string, n int) record {
	t.Helper()
	var found []record
	waitFor(t, "a message on line "+line, func() bool {
		found = nil
		for _, r := range x.calls() {
			if r.Line == line && r.Ending.Result == "message" {
				found = append(found, r)
			}
		}
		return len(found) >= n
	})
	got := found[n-1]
	if c := recording(t, got, x.said); c.Correlation < 0.98 {
		t.Errorf("what the carrier said is not in the recording: correlation %.3f", c.Correlation)
	}
	return got
}

// registered waits until the carrier knows where a user can be called.
func (x *trunks) registered(t *testing.T, user string) {
	t.Helper()
	waitFor(t, user+" to be registered", func() bool {
		return strings.Contains(x.carrier.command("pjsip show contacts"), "sip:"+user+"@127.0.0.1:")
	})
}

// The carrier challenges, and calls where it was told: from an address that no
// trunk has, so the registration alone tells whose call it is.
func testRegistered(t *testing.T, x *trunks) {
	x.registered(t, registeredUser)
	x.carrier.call(registeredUser, "+32470555180")
	x.takenOn(t, "registered", 1)
	for _, name := range []string{"registered", "fragile"} {
		if got := x.registration(t, name); got.Status != pbx.Registered || got.Next > 12*time.Second {
			t.Errorf("registration %+v", got)
		}
	}
	_, metrics := told(t, x.monitor, "/metrics")
	for _, want := range []string{`glennline_trunk_up{trunk="registered"} 1`, `glennline_trunk_up{trunk="locked"} 0`} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

func testEncrypted(t *testing.T, x *trunks) {
	x.carrier.call(fmt.Sprintf("encrypted/sip:+3225550112@127.0.0.1:%d;transport=tls", x.tls), "+32470555181")
	x.takenOn(t, "encrypted", 1)
}

// Audio in clear is refused before it is answered.
func testClear(t *testing.T, x *trunks) {
	before := strings.Count(x.carrier.said(), "Call failed to go through")
	x.carrier.call(fmt.Sprintf("clear/sip:+3225550113@127.0.0.1:%d;transport=tls", x.tls), "+32470555182")
	waitFor(t, "the call to be refused", func() bool {
		return strings.Count(x.carrier.said(), "Call failed to go through") > before
	})
	x.watcher.see(t, "a call refused for its audio", func(s sighting) bool {
		return s.Trunk == "encrypted" && s.Status == 488 && strings.HasPrefix(s.Source, tlsAddress+":") && s.Caller == "+32…82" && s.Dialled == "+3225550113"
	})
	for _, r := range x.calls() {
		if r.Line == "clear" {
			t.Errorf("it was taken: %+v", r)
		}
	}
}

// A registrar has to show a certificate for its address; to one that shows that of
// another nothing is told, the password least of all.
func testRegistrarsCertificate(t *testing.T, x *trunks) {
	x.registered(t, "secure")
	waitFor(t, "the impostor to be found out", func() bool { return x.registration(t, "deceived").Status == pbx.Rejected })
	if said := x.carrier.said(); strings.Contains(said, "deceived") || strings.Contains(x.carrier.command("pjsip show contacts"), "deceived") {
		t.Errorf("the impostor was told:\n%s", said)
	}
}

// The version that is configured is spoken alone, and our certificate is shown.
func testTLSVersion(t *testing.T, x *trunks) {
	pool := x509.NewCertPool()
	ca, err := os.ReadFile(filepath.Join(x.pki, "ca.crt"))
	if err != nil || !pool.AppendCertsFromPEM(ca) {
		t.Fatal(err)
	}
	for version, taken := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: false} {
		conn, err := tls.Dial("tcp", fmt.Sprint("127.0.0.1:", x.tls), &tls.Config{RootCAs: pool, MinVersion: version, MaxVersion: version})
		if (err == nil) != taken {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
}

// Whoever is on the other side of the NAT is told the public address, in Contact
// and SDP; whoever is on ours is told the one that it sent to.
func testNAT(t *testing.T, x *trunks) {
	for from, want := range map[string]string{"127.0.0.9": "203.0.113.7", "127.0.0.2": "127.0.0.1"} {
		m := newWireFrom(t, from, x.addr).call(invitation{user: "+3225550114", from: "<sip:+32470555183@127.0.0.1>"})
		contact := regexp.MustCompile(`(?m)^Contact: <sip:[^>]*?([0-9.]+):`).FindStringSubmatch(m.text)
		audio := regexp.MustCompile(`(?m)^c=IN IP4 ([0-9.]+)`).FindStringSubmatch(m.text)
		if m.status != 200 || contact == nil || contact[1] != want || audio == nil || audio[1] != want {
			t.Errorf("from %s: want %s in\n%s", from, want, m.text)
		}
	}
}

// Whoever comes from nowhere we know gets one and the same answer, whatever he
// asks for.
func testStranger(t *testing.T, x *trunks) {
	w := newWireFrom(t, "127.0.0.66", x.addr)
	for _, user := range []string{"+3225550110", "nobody", "registered"} {
		i := invitation{user: user, from: "<sip:+32470555184@127.0.0.1>", callID: token()}
		if m := w.call(i); m.status != 401 {
			t.Errorf("%s: %d, want 401", user, m.status)
		}
		seen := x.watcher.call(t, i.callID)
		if seen.Trunk != "" || !strings.HasPrefix(seen.Source, "127.0.0.66:") || seen.Caller != "+32…84" || seen.Status != 401 || seen.Line != "" {
			t.Errorf("%s was seen as %+v", user, seen)
		}
		waitFor(t, "the stranger in the security log", func() bool {
			return regexp.MustCompile(`SecurityEvent="InvalidAccountID",.*AccountID="\[user\]",SessionID="` + i.callID + `",.*,RemoteAddress="IPV4/UDP/127\.0\.0\.66/\d+"\n`).MatchString(x.securityLog(t))
		})
	}
}

// The carrier dies, and comes back with its memory gone. Registrations go on
// trying, whether they are not answered or refused, and calls come again.
func testRegistrarDies(t *testing.T, x *trunks) {
	status := func(trunk string, want pbx.RegistrationStatus) func() bool {
		return func() bool { return x.registration(t, trunk).Status == want }
	}
	// Another password than the carrier's, which is put right only later.
	waitFor(t, "a registration that is refused", status("locked", pbx.Rejected))
	if !strings.Contains(x.log.String(), "Temporal response '401' received") {
		t.Error("the log does not say that it was refused")
	}
	x.watcher.registration(t, "locked", pbx.Rejected, 401)
	x.registered(t, "fragile")
	x.carrier.stop(syscall.SIGKILL)
	waitFor(t, "a registration that is not answered", status("fragile", pbx.Rejected))
	x.watcher.registration(t, "fragile", pbx.Registered, 0)
	x.watcher.registration(t, "fragile", pbx.Rejected, 0)
	for _, file := range []string{"lib/astdb.sqlite3", "lib/astdb.sqlite3-journal"} {
		_ = os.Remove(filepath.Join(x.carrier.dir, file))
	}
	x.carrier.edit(t, "pjsip.conf", "password = not yet", "password = locked")
	x.carrier.start()
	for _, trunk := range []string{"fragile", "locked"} {
		waitFor(t, trunk+" to be registered again", status(trunk, pbx.Registered))
		x.watcher.registration(t, trunk, pbx.Registered, 0)
	}
	x.registered(t, "fragile")
	x.carrier.call("fragile", "+32470555185")
	x.takenOn(t, "fragile", 1)
}

// What is secret is in no log, and in no file that others may read.
func testSecrets(t *testing.T, x *trunks) {
	key, err := os.ReadFile(filepath.Join(x.pki, "line.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{registeredPassword, strings.ReplaceAll(registeredPassword, ";", `\;`), strings.Split(string(key), "\n")[1]}
	for _, secret := range secrets {
		if strings.Contains(x.log.String(), secret) {
			t.Error("the log holds a secret")
		}
	}
	found := 0
	err = filepath.WalkDir(filepath.Join(x.dir, "data"), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, secret := range secrets {
			if strings.Contains(string(text), secret) {
				found++
				if info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s holds a secret and has mode %s", path, info.Mode())
				}
			}
		}
		return nil
	})
	if err != nil || found < 2 {
		t.Errorf("%d secrets found in Asterisk's own files, %v", found, err)
	}
}

// ofTrunk is a call as only its own trunk would send it, and the line it is for.
var ofTrunk = []struct {
	from string // address
	call invitation
	line string
	in   string // where the number stands
}{
	{"127.0.0.10", invitation{user: "account", to: "<sip:025550110@carrier.example>"}, "udp", "to"},
	{"127.0.0.11", invitation{user: "025550110", headers: []string{"Diversion: <sip:003225550111@carrier.example>;reason=unconditional"}}, "tcp", "diversion"},
	{"127.0.0.11", invitation{user: "003225550110", headers: []string{"Diversion: <sip:0032999@carrier.example>"}}, "udp", "request"},
	{"127.0.0.12", invitation{user: "3225550111"}, "tcp", "request"},
	{"127.0.0.2", invitation{user: "+3225550110", to: "<sip:+3225550111@carrier.example>"}, "udp", "request"},
}

// The number stands where, and in the form in which, its trunk puts it.
func testNumberOfTrunk(t *testing.T, x *trunks) {
	for i, tt := range ofTrunk {
		c := tt.call
		c.callID = token()
		c.from = fmt.Sprintf("<sip:+3247055519%d@carrier.example>", i)
		if m := newWireFrom(t, tt.from, x.addr).call(c); m.status != 200 {
			t.Errorf("%+v: %d", tt, m.status)
		}
		if got := x.call(c.callID); got.Line != tt.line {
			t.Errorf("%+v reached line %q as %q", tt, got.Line, got.Dialled)
		}
		if seen := x.watcher.call(t, c.callID); seen.Line != tt.line || seen.In != tt.in || seen.Status != 0 || seen.Why != "" {
			t.Errorf("%+v was seen as %+v", tt, seen)
		}
	}
	i := invitation{user: "+3225550198", callID: token()}
	if m := newWireFrom(t, "127.0.0.2", x.addr).call(i); m.status != 404 {
		t.Errorf("a number of no line: %d", m.status)
	}
	if seen := x.watcher.call(t, i.callID); seen.Line != "" || seen.Status != 404 || seen.Dialled != "+3225550198" {
		t.Errorf("a number of no line was seen as %+v", seen)
	}
}

// And so it is read while glennline is about to go and the dialplan answers by
// itself: its notes name the line.
func testNumberWithoutUs(t *testing.T, x *trunks) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		x.phoneFrom(t, "127.0.0.2", "udp", "+3225550110", 6)
	}()
	waitFor(t, "a call that lasts", func() bool { return strings.Contains(x.calledNow(), "udp") })
	x.signal(syscall.SIGTERM)
	waitFor(t, "new calls to be left to the dialplan", func() bool { return x.logged("finishing the calls in progress") == 1 })
	notes := filepath.Join(x.dir, "data", "asterisk", "spool", "recording", "fallback")
	for i, tt := range ofTrunk {
		c := tt.call
		c.callID = token()
		c.from = fmt.Sprintf("<sip:+3247055519%d@carrier.example>", i)
		if m := newWireFrom(t, tt.from, x.addr).call(c); m.status != 200 {
			t.Errorf("without us, %+v: %d", tt, m.status)
		}
		if got := noted(t, notes, c.callID); got != tt.line {
			t.Errorf("without us, %+v reached line %q", tt, got)
		}
		if seen := x.watcher.call(t, c.callID); seen.Line != tt.line || !strings.Contains(seen.Why, "answered by the dialplan") {
			t.Errorf("without us, %+v was seen as %+v", tt, seen)
		}
	}
	<-over
	if err := <-x.done; err != nil {
		t.Errorf("glennline ended with %v", err)
	}
	x.cmd = nil
}

// calledNow is the lines of the calls that have not ended.
func (l *line) calledNow() (lines string) {
	for _, r := range l.calls() {
		if r.Ending.Result == "" {
			lines += r.Line + " "
		}
	}
	return lines
}

// noted is the line in the name of the note on a call.
func noted(t *testing.T, dir, callID string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err == nil && strings.Contains(string(text), callID) {
			line, _, _ := strings.Cut(e.Name(), "~")
			return line
		}
	}
	return ""
}
