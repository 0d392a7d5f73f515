//go:build heavy

package units

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/e2e/callers"
)

// repository is the project's root, seen from this folder.
const repository = "../.."

// packages is what the small Debian has: systemd, and the Asterisk of its own.
var packages = []string{"systemd", "systemd-sysv", "dbus", "asterisk"}

// machine is a Debian in a folder, on this one's network.
type machine struct {
	root string
	boot *exec.Cmd
	said bytes.Buffer
	pid  int // of its process 1, as we see it
}

// newMachine makes one out of packages that are fetched once, into .cache. What is
// changed in it is gone after the test.
func newMachine(t *testing.T) *machine {
	t.Helper()
	cache, err := filepath.Abs(filepath.Join(repository, ".cache", "systemd"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cache); err != nil {
		fresh := cache + ".new"
		asRoot(t, "rm", "-rf", "--one-file-system", fresh)
		asRoot(t, append([]string{filepath.Join(repository, "scripts", "debian-tree"), "minbase", "sid", fresh}, packages...)...)
		asRoot(t, "mv", fresh, cache)
	}
	// A file system of its own, so that an overlay can lie on it wherever the
	// temporary folder is.
	dir := t.TempDir()
	m := &machine{root: filepath.Join(dir, "root")}
	asRoot(t, "mount", "-t", "tmpfs", "-o", "mode=755,size=2g", "tmpfs", dir)
	t.Cleanup(func() { asRoot(t, "umount", dir) })
	asRoot(t, "mkdir", m.root, filepath.Join(dir, "upper"), filepath.Join(dir, "work"))
	asRoot(t, "mount", "-t", "overlay", "-o", fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%s/work", cache, dir, dir), "overlay", m.root)
	t.Cleanup(func() { asRoot(t, "umount", m.root) })
	return m
}

// asRoot runs a command as root, with sudo where we are not.
func asRoot(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(context.WithoutCancel(t.Context()), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func command(ctx context.Context, args ...string) (string, error) {
	if os.Geteuid() != 0 {
		args = append([]string{"sudo", "-n"}, args...)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String() + errs.String(), nil
}

// in runs a command in the machine's files, while it is off.
func (m *machine) in(t *testing.T, args ...string) string {
	t.Helper()
	return asRoot(t, append([]string{"chroot", m.root}, args...)...)
}

// path is one of its files, seen from here.
func (m *machine) path(name string) string { return filepath.Join(m.root, name) }

// start boots it. At the end of the test it is shut down.
func (m *machine) start(t *testing.T) {
	t.Helper()
	// timeout: should this process be killed, nobody else would end it.
	args := []string{
		"timeout", "--kill-after=30s", "8m", "env", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1",
		"systemd-nspawn", "--quiet", "--boot", "--directory=" + m.root, "--machine=glennline-test",
		"--register=no", "--keep-unit", "--console=pipe",
	}
	if os.Geteuid() != 0 {
		args = append([]string{"sudo", "-n"}, args...)
	}
	m.boot = exec.Command(args[0], args[1:]...)
	m.boot.Stdout, m.boot.Stderr = &m.said, &m.said
	m.boot.WaitDelay = time.Second
	if err := m.boot.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = m.boot.Wait() // how is told by what it said
	}()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("its journal:\n%s", m.try(t, "journalctl", "--no-pager", "--lines=200", "--output=cat"))
		}
		_, _ = command(context.WithoutCancel(t.Context()), "kill", strconv.Itoa(m.boot.Process.Pid))
		select {
		case <-ended:
		case <-time.After(callers.Deadline):
			t.Error("it does not shut down")
			_ = syscall.Kill(m.boot.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		if t.Failed() {
			t.Logf("it said:\n%s", m.said.String())
		}
	})
	callers.Wait(t, "systemd to be up", func() bool {
		select {
		case <-ended:
			t.Fatalf("it does not boot: %s", m.said.String())
		default:
		}
		m.pid = processOne(m.boot.Process.Pid)
		return m.pid != 0 && strings.Contains(m.try(t, "systemctl", "is-system-running"), "running")
	})
}

// processOne is the systemd among the descendants of a process, 0 without one.
func processOne(ancestor int) int {
	parents := map[int]int{}
	var systemds []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // fails for bad patterns alone
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// "PID (NAME) STATE PARENT ...", see proc_pid_stat(5).
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		begin, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
		rest := strings.Fields(string(text[end+1:]))
		parents[pid], _ = strconv.Atoi(rest[1])
		if string(text[begin+1:end]) == "systemd" {
			systemds = append(systemds, pid)
		}
	}
	slices.Sort(systemds)
	for _, pid := range systemds {
		for at := parents[pid]; at > 1; at = parents[at] {
			if at == ancestor {
				return pid
			}
		}
	}
	return 0
}

// try runs a command in the machine while it runs, must one that has to succeed.
func (m *machine) try(t *testing.T, args ...string) string {
	t.Helper()
	out, _ := m.run(t, args...)
	return out
}

func (m *machine) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := m.run(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (m *machine) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	enter := []string{"nsenter", "--target", strconv.Itoa(m.pid), "--mount", "--uts", "--ipc", "--pid", "--"}
	return command(context.WithoutCancel(t.Context()), append(enter, args...)...)
}

// property is one of a unit's.
func (m *machine) property(t *testing.T, unit, name string) string {
	t.Helper()
	return strings.TrimSpace(m.must(t, "systemctl", "show", "--property="+name, "--value", unit))
}
