//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glennline/asterisk-conf/pbx"
)

// carrier is a telephone company's exchange, an Asterisk: at 127.0.0.4 it takes
// registrations and calls who registered, at 127.0.0.5 it calls over TLS.
type carrier struct {
	t    *testing.T
	dir  string
	port int
	stop func(os.Signal)
	said func() string // what Asterisk logged
}

const (
	registrarAddress = "127.0.0.4"
	tlsAddress       = "127.0.0.5"

	registeredUser = "3225550100"
	registeredAuth = "line-3225550100"
	// Every character that may be in a password and means something somewhere.
	registeredPassword = `a;b#c"d'e\f$g{h}=>i,j%k|l<m>n;`
)

// newCarrier makes its folders and files; what it says in calls is said. Pki has
// the certificates, see authority.
func newCarrier(t *testing.T, pki, said string) *carrier {
	t.Helper()
	in, err := pbx.Find("")
	if err != nil {
		t.Fatal(err)
	}
	c := &carrier{t: t, dir: filepath.Join(tempDir(t), "carrier"), port: freePort(t)}
	rtp := freeRTP(t, lineCalls)
	escape := strings.NewReplacer(";", `\;`)
	values := strings.NewReplacer(
		"@DIR@", c.dir, "@MODULES@", in.ModuleDir, "@DATA@", in.DataDir, "@PORT@", fmt.Sprint(c.port),
		"@RTP@", fmt.Sprint(rtp), "@RTP_END@", fmt.Sprint(rtp+2*lineCalls-1), "@SAID@", filepath.Join(c.dir, "said"),
		"@USER@", registeredUser, "@AUTH_USER@", registeredAuth, "@PASSWORD@", escape.Replace(registeredPassword),
	)
	for _, d := range []string{"run", "log", "lib", "spool/outgoing", "spool/tmp"} {
		if err := os.MkdirAll(filepath.Join(c.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range []string{filepath.Join("testdata", "carrier"), pki} {
		entries, err := os.ReadDir(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(from, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(c.dir, e.Name()), []byte(values.Replace(string(text))), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	wav, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "said.wav"), wav, 0o644); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *carrier) start() {
	c.t.Helper()
	c.stop, c.said = startAsterisk(c.t, c.dir, c.dir)
}

// edit changes one of its files.
func (c *carrier) edit(t *testing.T, file, from, to string) {
	t.Helper()
	path := filepath.Join(c.dir, file)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), from) {
		t.Fatalf("no %q in %s: %v", from, path, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (c *carrier) server() string { return net.JoinHostPort(registrarAddress, fmt.Sprint(c.port)) }

// command runs a line of Asterisk's command language.
func (c *carrier) command(line string) string {
	c.t.Helper()
	in, err := pbx.Find("")
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := exec.Command(in.Binary, "-C", filepath.Join(c.dir, "asterisk.conf"), "-rx", line).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// call places a call by a call file: to an endpoint, or through one to a URI.
func (c *carrier) call(channel, from string) {
	c.t.Helper()
	text := fmt.Sprintf("Channel: PJSIP/%s\nCallerID: <%s>\nCodecs: alaw\nWaitTime: 30\nContext: calls\nExtension: speak\nPriority: 1\n",
		strings.ReplaceAll(channel, ";", `\;`), from)
	name := token() + ".call"
	path := filepath.Join(c.dir, "spool", "tmp", name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil { // Asterisk, another user, writes into it
		c.t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(c.dir, "spool", "outgoing", name)); err != nil {
		c.t.Fatal(err)
	}
}
