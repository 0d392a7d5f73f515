//go:build heavy

package e2e

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// inside marks a test that runs in a namespace of its own.
const inside = "E2E_NAMESPACE"

// ownMounts runs the calling test once more, in a process that may mount file
// systems which nobody else sees; where the tests do not run as root, in a user
// namespace, as the same user. It says whether this is that process: the other
// has nothing left to do.
func ownMounts(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inside) == t.Name() {
		if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
			t.Fatal("make mounts private:", err)
		}
		return true
	}
	const capSysAdmin = 21 // linux/capability.h
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"="+t.Name(), program+"="+glennline)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{capSysAdmin}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in a namespace: %v\n%s", err, out)
	}
	return false
}
