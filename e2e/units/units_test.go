//go:build heavy

package units

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glennline/e2e/callers"
	"glennline/softphone"
)

const (
	service  = "glennline.service"
	asterisk = "glennline-asterisk.service"
	settings = "/etc/glennline/glennline.yaml"
	number   = "+3225550100"
)

// `make install`, then what an engineer does: users and folders, enable, start.
// systemd itself runs both units in their sandbox; the line is called, each is
// killed, both are stopped in the middle of a message.
func TestUnits(t *testing.T) {
	m := newMachine(t)
	sip := callers.FreePort(t)
	install(t, m, sip)
	t.Run("user and folders", func(t *testing.T) { folders(t, m) })
	t.Run("systemd's own judgement", func(t *testing.T) { judged(t, m) })
	m.in(t, "systemctl", "enable", "--quiet", service, asterisk)
	// The package's own one would take the port.
	m.in(t, "systemctl", "disable", "--quiet", "asterisk.service")
	m.start(t)
	handedOver(t, m)
	t.Run("sandbox", func(t *testing.T) { sandbox(t, m) })

	list := func() string { return m.must(t, as("list", "--calls", "--json")...) }
	call := func(from, language string, seconds int) *callers.Call {
		return callers.Begin(t, fmt.Sprintf("sip:%s@127.0.0.1:%d", number, sip), from, language, seconds)
	}
	callers.Want(t, list, call("+32470550111", "fr", 3).End(t), "message/caller")

	// systemd starts what was killed; the call goes on.
	speaking := call("+32470550112", "nl", 8)
	speaking.Until(t, softphone.Speaking)
	m.must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", service)
	callers.Want(t, list, speaking.End(t), "message/caller")
	handedOver(t, m)

	// Asterisk's supervisor, and Asterisk with it: the next call is answered.
	before := m.property(t, asterisk, "MainPID")
	m.must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", asterisk)
	callers.Wait(t, "systemd to start it again", func() bool {
		now := m.property(t, asterisk, "MainPID")
		return now != "0" && now != before
	})
	handedOver(t, m)
	callers.Want(t, list, call("+32470550113", "en", 3).End(t), "message/caller")

	// Stopped while somebody speaks, both wait until it is said.
	last := call("+32470550114", "de", 6)
	last.Until(t, softphone.Speaking)
	m.must(t, "systemctl", "stop", asterisk, service)
	said := last.End(t)
	for _, unit := range []string{service, asterisk} {
		if result := m.property(t, unit, "Result") + " " + m.property(t, unit, "ExecMainStatus"); result != "success 0" {
			t.Errorf("%s was stopped: %s, want success 0", unit, result)
		}
	}
	callers.Want(t, list, said, "message/caller")
	m.must(t, as("reconcile", "--verify-hashes")...)
	// Neither the journal nor Asterisk's folders hold a caller's number.
	for _, last := range "1234" {
		digits := "47055011" + string(last)
		if strings.Contains(m.must(t, "journalctl", "--no-pager"), digits) {
			t.Errorf("a caller's number stands in the journal: …%s", digits[5:])
		}
		if out, err := m.run(t, "grep", "-rlF", "--devices=skip", digits, "/var/lib/glennline"); err == nil {
			t.Errorf("a caller's number lies in %s", out)
		}
	}
}

// install builds the program and installs it twice: settings that are there stay.
func install(t *testing.T, m *machine, sip int) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "glennline")
	if out, err := exec.Command("go", "build", "-o", program, "glennline/cmd/glennline").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	// The tree has the newer C library, so what was linked here runs there.
	put := func() {
		asRoot(t, "make", "--silent", "-C", repository, "install", "DESTDIR="+m.root, "PREFIX=/usr", "GLENNLINE="+program)
	}
	put()
	shipped := asRoot(t, "cat", m.path(settings))
	if !strings.Contains(shipped, "data: /var/lib/glennline\n") {
		t.Errorf("the settings that were installed: %s", shipped)
	}
	own := filepath.Join(t.TempDir(), "glennline.yaml")
	callers.Write(t, own, fmt.Sprintf(`
data: /var/lib/glennline
sip: {host: 127.0.0.1, port: %d}
rtp: {from: 27000, to: 27159}
pbx: {max_calls: 20}
ari: {url: "http://127.0.0.1:%d/ari"}
log: {format: json}
lines:
  - name: main
    numbers: ["+32 2 555 01 00"]
    language: fr
    prompts: /etc/glennline/prompts
    limits: {message: 30s, silence: 10s}
`, sip, callers.FreePort(t)))
	spoken := filepath.Join(t.TempDir(), "prompts")
	callers.Prompts(t, spoken)
	asRoot(t, "cp", own, m.path(settings))
	asRoot(t, "cp", "-r", spoken, m.path("/etc/glennline/prompts"))
	put()
	if kept := asRoot(t, "cat", m.path(settings)); !strings.Contains(kept, fmt.Sprint(sip)) {
		t.Error("make install replaced the settings")
	}
	m.in(t, "glennline", "config", "check", "--config", settings)
}

// folders has systemd-sysusers and systemd-tmpfiles do their part.
func folders(t *testing.T, m *machine) {
	m.in(t, "systemd-sysusers")
	asRoot(t, "systemd-tmpfiles", "--root="+m.root, "--create", "glennline.conf")
	if user := m.in(t, "getent", "passwd", "glennline"); !strings.HasSuffix(user, ":/var/lib/glennline:/usr/sbin/nologin\n") {
		t.Errorf("the user is %q", user)
	}
	want := `750 root glennline /etc/glennline
700 glennline glennline /var/lib/glennline
700 glennline glennline /var/lib/glennline/asterisk
755 glennline glennline /var/lib/glennline/prompts
`
	if got := m.in(t, "stat", "--format=%a %U %G %n", "/etc/glennline", "/var/lib/glennline", "/var/lib/glennline/asterisk", "/var/lib/glennline/prompts"); got != want {
		t.Errorf("folders:\n%swant\n%s", got, want)
	}
}

// judged has systemd-analyze look at the units: no word to say, and an exposure of
// at most 1.5 out of 10.
func judged(t *testing.T, m *machine) {
	if said := m.in(t, "systemd-analyze", "verify", service, asterisk); said != "" {
		t.Errorf("systemd-analyze verify: %s", said)
	}
	for _, unit := range []string{service, asterisk} {
		said := m.in(t, "systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit)
		lines := strings.Split(strings.TrimSpace(said), "\n")
		t.Log(lines[len(lines)-1])
	}
}

// sandbox asks the kernel what the processes may do, and where they are.
func sandbox(t *testing.T, m *machine) {
	for _, unit := range []string{service, asterisk} {
		processes := strings.Fields(m.must(t, "cat", "/sys/fs/cgroup"+m.property(t, unit, "ControlGroup")+"/cgroup.procs"))
		if unit == asterisk && len(processes) != 2 {
			t.Errorf("%s has the processes %q, want the supervisor and Asterisk", unit, processes)
		}
		for _, pid := range processes {
			status := m.must(t, "cat", "/proc/"+pid+"/status")
			for _, want := range []string{"CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "Umask:\t0077"} {
				if !strings.Contains(status, want) {
					t.Errorf("a process of %s has no %q:\n%s", unit, want, status)
				}
			}
			if reached := m.must(t, "ls", filepath.Join("/proc", pid, "root", "var/lib/glennline")); unit == asterisk && reached != "asterisk\nprompts\n" {
				t.Errorf("asterisk reaches %q, want what it records and plays", reached)
			}
		}
	}
}

// handedOver waits until new calls reach glennline.
func handedOver(t *testing.T, m *machine) {
	t.Helper()
	callers.Wait(t, "calls to be handed over", func() bool {
		_, err := m.run(t, as("health")...)
		return err == nil
	})
}

// as is a glennline command as the line's own user gives it.
func as(args ...string) []string {
	return append([]string{"setpriv", "--reuid=glennline", "--regid=glennline", "--clear-groups", "glennline", "--config", settings}, args...)
}
