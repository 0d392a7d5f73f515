package pbx

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"glennline/internal/sched"
)

// process is a running Asterisk, our child or one that outlived another
// glennline.
type process struct {
	handle *os.Process // by pidfd: never hits another process of the same number
	pid    int
	exited chan struct{} // closed when it has ended
	status string        // how, once exited is closed
}

// launcher starts Asterisk with private files and without core dumps, which
// would hold voices and numbers. A shell, because umask and limits belong to a
// whole process: changed in ours, they would hold for its other threads too.
// The descriptor limit needs no help: Asterisk raises its own (maxfiles).
const launcher = `umask 077; ulimit -c 0; exec "$@"`

// launch starts Asterisk on the configuration in etc. alive is a lock that
// Asterisk inherits and so holds for as long as it lives.
func launch(in Install, etc string, a *account, c *console, alive *os.File) (*process, error) {
	out, err := c.writer()
	if err != nil {
		return nil, fmt.Errorf("asterisk console: %w", err)
	}
	defer out.Close()                                                                                                //nolint:errcheck // Asterisk has its own copy
	cmd := exec.Command("/bin/sh", "-c", launcher, "sh", in.Binary, "-f", "-C", filepath.Join(etc, "asterisk.conf")) //nolint:noctx // it outlives every context: it is ended by Stop
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = []*os.File{alive}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: a.credential(),
		// Out of our terminal's reach: its Ctrl-C is for us, who end Asterisk
		// in order. No Pdeathsig: if we are killed, calls go on.
		Setsid: true,
	}
	if err := startOnTime(cmd); err != nil {
		return nil, fmt.Errorf("asterisk: %w", err)
	}
	p := &process{handle: cmd.Process, pid: cmd.Process.Pid, exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the state says it all
		p.status = cmd.ProcessState.String()
		close(p.exited)
	}()
	return p, nil
}

// startOnTime starts a program with the kernel's default timer slack and time
// slice, whatever ours are: a child has them from the thread that starts it, and
// Asterisk's timers pace what callers hear.
func startOnTime(cmd *exec.Cmd) error {
	const byDefault = 50 * time.Microsecond
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if slice, err := sched.Slice(); err == nil && sched.SetSlice(0) == nil {
		defer sched.SetSlice(slice) //nolint:errcheck // it is what it was before
	}
	ours, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || time.Duration(ours) <= byDefault {
		return cmd.Start()
	}
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(byDefault), 0, 0, 0); err != nil {
		return err
	}
	started := cmd.Start()
	return errors.Join(started, unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(ours), 0, 0, 0))
}

// adoptedPoll is how often an Asterisk that is not our child is looked at.
const adoptedPoll = 200 * time.Millisecond

// adopt watches an Asterisk that is not our child until it has ended.
func adopt(pid int) (*process, error) {
	handle, err := os.FindProcess(pid)
	if err != nil {
		return nil, fmt.Errorf("asterisk: process %d: %w", pid, err)
	}
	p := &process{handle: handle, pid: pid, exited: make(chan struct{})}
	go func() {
		for p.alive() {
			time.Sleep(adoptedPoll)
		}
		p.status = "ended"
		close(p.exited)
	}()
	return p, nil
}

// alive says whether an adopted process still runs. One that nobody has waited
// for yet (a zombie) does not.
func (p *process) alive() bool {
	if err := p.handle.Signal(syscall.Signal(0)); errors.Is(err, os.ErrProcessDone) {
		return false
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "stat"))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	// pid (name) state …; the name may hold anything, brackets too.
	rest := string(stat[strings.LastIndexByte(string(stat), ')')+1:])
	return !strings.HasPrefix(strings.TrimSpace(rest), "Z")
}

// end asks Asterisk to stop, which it does after hanging up what calls there
// are, and kills it after stopGrace, or once hurry is closed. It returns when it is gone.
func (p *process) end(hurry <-chan struct{}) {
	_ = p.handle.Signal(syscall.SIGTERM) // gone already: exited says so
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-p.exited:
		return
	case <-timer.C:
	case <-hurry:
	}
	_ = p.handle.Kill()
	<-p.exited
}
