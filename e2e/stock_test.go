//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/asterisk-conf/pbx"
)

// stock is an Asterisk of somebody else's: the configuration that its package
// brings, and glennline's fragment put into it as the fragment's README says.
type stock struct {
	dir      string
	etc      string
	spool    string // recordings
	sip, ari int    // ports

	registrar int // port of a carrier that never answers
}

// newStock makes its folders and files.
func newStock(t *testing.T) *stock {
	t.Helper()
	in, err := pbx.Find("")
	if err != nil {
		t.Fatal(err)
	}
	s := &stock{dir: filepath.Join(tempDir(t), "pbx"), sip: freePort(t), ari: freePort(t), registrar: freePort(t)}
	s.etc = filepath.Join(s.dir, "etc")
	s.spool = filepath.Join(s.dir, "spool", "recording")
	for _, d := range []string{"etc", "run", "log/cdr-csv", "log/cel-custom", "spool/recording", "lib/keys", "db"} {
		if err := os.MkdirAll(filepath.Join(s.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(s.etc, os.DirFS(configOf(t, in))); err != nil {
		t.Fatal(err)
	}
	// What the owner of such an Asterisk has besides: its places, a transport,
	// and audio ports.
	rtp := freeRTP(t, lineCalls)
	s.edit(t, "asterisk.conf", func(text string) string {
		text = regexp.MustCompile(`(?m)^\[directories\].*$|^ast[a-z]+dir =>.*$`).ReplaceAllString(text, "")
		return text + "\n[directories]\nastmoddir => " + in.ModuleDir + "\nastdatadir => " + in.DataDir + strings.ReplaceAll(
			"\nastetcdir => @/etc\nastvarlibdir => @/lib\nastkeydir => @/lib\nastagidir => @/lib\nastcachedir => @/lib\n"+
				"astdbdir => @/db\nastspooldir => @/spool\nastrundir => @/run\nastlogdir => @/log\n", "@", s.dir)
	})
	s.add(t, "pjsip.conf", fmt.Sprintf("[transport-theirs]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:%d\n", s.sip))
	s.add(t, "extensions.conf", "[elsewhere]\nexten => s,1,Answer()\n same => n,Wait(1)\n")
	s.add(t, "rtp.conf", fmt.Sprintf("[general](+)\nrtpstart = %d\nrtpend = %d\n", rtp, rtp+2*lineCalls-1))
	return s
}

// witness is the event log that the fragment has written.
func (s *stock) witness() string { return filepath.Join(s.dir, "log", "cel-custom", "witness.jsonl") }

// command is one for Asterisk's command line.
func (s *stock) command(t *testing.T, line string) string {
	t.Helper()
	in, err := pbx.Find("")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(in.Binary, "-C", filepath.Join(s.etc, "asterisk.conf"), "-rx", line).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// configOf is the configuration that came with an Asterisk.
func configOf(t *testing.T, in pbx.Install) string {
	t.Helper()
	for dir := in.ModuleDir; ; dir = filepath.Dir(dir) {
		etc := filepath.Join(dir, "etc", "asterisk")
		if _, err := os.Stat(filepath.Join(etc, "asterisk.conf")); err == nil {
			return etc
		}
		if dir == "/" {
			t.Fatalf("no stock configuration with %s", in.Binary)
		}
	}
}

// add writes at the end of a file, as somebody who follows the README does.
func (s *stock) add(t *testing.T, file, text string) {
	t.Helper()
	s.edit(t, file, func(have string) string { return have + "\n" + text })
}

func (s *stock) edit(t *testing.T, file string, change func(string) string) {
	t.Helper()
	path := filepath.Join(s.etc, file)
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(change(string(have))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// include does steps 2 and 3 of the fragment's README.
func (s *stock) include(t *testing.T) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(s.etc, "glennline", "README.txt"))
	if err != nil {
		t.Fatal(err)
	}
	includes := regexp.MustCompile(`(?m)^     (\w+\.conf) +(#include .*)$`).FindAllSubmatch(readme, -1)
	if len(includes) == 0 {
		t.Fatal("the README names no file to include")
	}
	for _, m := range includes {
		s.add(t, string(m[1]), string(m[2])+"\n")
	}
	options := regexp.MustCompile(`(?ms)^     \[options\].*?\n\n`).Find(readme)
	if options == nil {
		t.Fatal("the README has no options for asterisk.conf")
	}
	s.add(t, "asterisk.conf", strings.ReplaceAll(string(options), "     ", ""))
}

// start runs it until the end of the test.
func (s *stock) start(t *testing.T) {
	t.Helper()
	startAsterisk(t, s.dir, s.etc)
}

// startAsterisk runs an Asterisk of somebody else's until the end of the test or
// until it is told to stop, as the ordinary user nobody where the tests run as
// root, and waits until it is booted.
func startAsterisk(t *testing.T, dir, etc string) (stop func(os.Signal), output func() string) {
	t.Helper()
	in, err := pbx.Find("")
	if err != nil {
		t.Fatal(err)
	}
	said := &logBuffer{}
	cmd := exec.Command("/bin/sh", "-c", `umask 077; exec "$@"`, "sh", in.Binary, "-f", "-C", filepath.Join(etc, "asterisk.conf"))
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = said, said
	cmd.WaitDelay = time.Second
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody(t, dir)}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the state says it all
	}()
	stop = func(signal os.Signal) {
		_ = cmd.Process.Signal(signal)
		select {
		case <-ended:
		case <-time.After(deadline):
			_ = cmd.Process.Kill()
			<-ended
		}
	}
	t.Cleanup(func() {
		stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("asterisk (%s) said:\n%s", cmd.ProcessState, said.String())
		}
	})
	// serve waits for an Asterisk that is not there yet, but tells of it.
	waitFor(t, "asterisk to be booted", func() bool {
		out, err := exec.Command(in.Binary, "-C", filepath.Join(etc, "asterisk.conf"), "-rx", "core waitfullybooted").Output()
		return err == nil && bytes.Contains(out, []byte("fully booted"))
	})
	return stop, said.String
}

// nobody is the ordinary user, who is given the folder and all in it.
func nobody(t *testing.T, dir string) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
