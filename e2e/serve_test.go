//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glennline/softphone"
)

// serve with an Asterisk that was there before: a stock one with the fragment
// that `pbx render` writes for it.
func TestServe(t *testing.T) {
	t.Parallel()
	s, l := serve(t)
	l.start()
	if l.number != mainNumber {
		t.Errorf("ready names %s, want %s", l.number, mainNumber)
	}
	// A trunk that registers does so by their transport, for ever.
	if out := s.command(t, "pjsip show registrations"); !strings.Contains(out, " glennline-carrier/sip:127.0.0.1:") {
		t.Errorf("no registration of ours:\n%s", out)
	}
	w := l.watch(t)
	got := l.takesAMessage(t)
	if seen := w.call(t, got.SIPCallID); seen.Trunk != "local" || seen.Line != "main" || seen.Status != 0 || !strings.HasPrefix(seen.Source, "127.0.0.1:") {
		t.Errorf("trunk watch shows %+v", seen)
	}
	stranger := invitation{user: "+3225550100", callID: token()}
	newWireFrom(t, "127.0.0.66", l.addr).call(stranger)
	if seen := w.call(t, stranger.callID); seen.Status != 401 || seen.Trunk != "" {
		t.Errorf("trunk watch shows a stranger as %+v", seen)
	}
	if got.Line != "main" || got.CallerClass != "mobile" {
		t.Errorf("line %q, caller %q, want main and mobile", got.Line, got.CallerClass)
	}
	if !strings.HasPrefix(got.WAV, filepath.Join(l.dir, "data", "archive")+"/") {
		t.Errorf("the recording is %s, want it in the archive", got.WAV)
	}
	// Asterisk recorded it into a folder of its own, from where it is gone.
	if left, err := filepath.Glob(filepath.Join(s.spool, "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("left in asterisk's folder: %q (%v)", left, err)
	}
	if days, err := filepath.Glob(filepath.Join(s.spool, "20*")); err != nil || len(days) != 1 {
		t.Errorf("asterisk recorded into the folders %q (%v), want one of today", days, err)
	}
	refused := l.phone(t, softphone.Script{To: l.uri("+3225550199")})
	l.want(t, refused, "refused/unknown_number", "")
	testSharedWitness(t, s, l)

	// The next one takes over, and the first leaves with a code of its own.
	next := s.line(t)
	next.start()
	if code := l.exit(); code != 6 {
		t.Errorf("the first serve ended with exit code %d, want 6", code)
	}
	next.takesAMessage(t)
	next.stop()
	for _, each := range []*line{l, next} {
		each.noNumber(digits...)
		each.quiet()
	}
}

// testSharedWitness lets Asterisk have a call of somebody else's, and looks what
// reconcile makes of the log that has both.
func testSharedWitness(t *testing.T, s *stock, l *line) {
	t.Helper()
	s.command(t, "channel originate Local/s@elsewhere application Wait 1")
	var log []byte
	waitFor(t, "the other call's events", func() bool {
		var err error
		log, err = os.ReadFile(s.witness())
		return err == nil && strings.Contains(string(log), `"elsewhere"`)
	})
	if !strings.Contains(string(log), `"glennline-call"`) {
		t.Errorf("our calls are not in asterisk's log:\n%s", log)
	}
	out, errs, code := l.run("reconcile")
	if code != 0 || !strings.Contains(out, "2 channels, 1 answered") || !strings.Contains(out, "1 call answered, 1 signature") || !strings.Contains(out, "all agree") {
		t.Errorf("reconcile: exit %d\n%s%s", code, out, errs)
	}
}

// With another password it does not start, and makes nothing.
func TestServeWithAWrongPassword(t *testing.T) {
	t.Parallel()
	s, l := serve(t)
	if err := os.WriteFile(filepath.Join(s.dir, "password"), []byte("another-password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, errs, code := l.run("serve", "--data", filepath.Join(l.dir, "fresh"))
	if code != 2 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "asterisk refused the ARI user or password: compare them with ari.conf") {
		t.Errorf("serve with a wrong password: exit code %d\n%s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(l.dir, "fresh")); !os.IsNotExist(err) {
		t.Errorf("a data folder was made (%v)", err)
	}
}

// serve starts a stock Asterisk with the fragment in it, and makes a line that
// is to serve it.
func serve(t *testing.T) (*stock, *line) {
	t.Helper()
	s := newStock(t)
	l := s.line(t)
	if _, errs, code := l.run("pbx", "render", "--fragment", "--out", filepath.Join(s.etc, "glennline")); code != 0 {
		t.Fatalf("pbx render: exit code %d: %s", code, errs)
	}
	s.include(t)
	password := setting(t, filepath.Join(s.etc, "glennline"), "ari.conf", "password")
	if err := os.WriteFile(filepath.Join(s.dir, "password"), []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(l.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.config, append(config, "witness: "+s.witness()+"\ncontrol: "+filepath.Join(s.dir, "run", "asterisk.ctl")+"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	return s, l
}

// line makes a line with a data folder of its own that is to serve s.
func (s *stock) line(t *testing.T) *line {
	t.Helper()
	l := lineAt(t, tempDir(t), s.sip, fmt.Sprintf("ari: {url: \"http://127.0.0.1:%d/ari\", password_file: %s/password}\nspool: %s\n"+
		"trunks:\n- {name: local, addresses: [127.0.0.1]}\n- {name: carrier, type: register, server: \"127.0.0.1:%d\", user: me, password_file: %s/carrier}\n%s",
		s.ari, s.dir, s.spool, s.registrar, s.dir, callsConfig))
	if err := os.WriteFile(filepath.Join(s.dir, "carrier"), []byte("not a secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.args, l.spool = []string{"serve"}, s.spool
	return l
}
