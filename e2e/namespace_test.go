//go:build heavy

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// inside marks a test that runs in a namespace of its own.
const inside = "E2E_NAMESPACE"

// ownMounts runs the calling test once more, in a process that may mount file
// systems which nobody else sees. It says whether this is that process: the other
// has nothing left to do.
func ownMounts(t *testing.T) bool {
	t.Helper()
	if !ownNamespace(t, syscall.CLONE_NEWNS) {
		return false
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal("make mounts private:", err)
	}
	return true
}

// ownNetwork is ownMounts for a network of its own, of a loopback alone, of which
// the test decides what passes.
func ownNetwork(t *testing.T) bool {
	t.Helper()
	if !ownNamespace(t, syscall.CLONE_NEWNET) {
		return false
	}
	asRoot(t, "ip", "link", "set", "lo", "up")
	return true
}

// asRoot runs a command that the namespace allows.
func asRoot(t *testing.T, command ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "XTABLES_LOCKFILE="+filepath.Join(t.TempDir(), "lock"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
}

// ownNamespace runs the calling test once more in namespaces of its own; where
// the tests do not run as root, in a user namespace, as the same user.
func ownNamespace(t *testing.T, flags uintptr) bool {
	t.Helper()
	if os.Getenv(inside) == t.Name() {
		return true
	}
	const capNetAdmin, capNetRaw, capSysAdmin = 12, 13, 21 // linux/capability.h
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"="+t.Name(), program+"="+glennline)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{capNetAdmin, capNetRaw, capSysAdmin}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("in a namespace: %v\n%s", err, out)
	} else if testing.Verbose() {
		t.Logf("in a namespace:\n%s", out)
	}
	return false
}
