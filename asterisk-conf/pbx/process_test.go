package pbx

import (
	"errors"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glennline/internal/sched"
)

// Whatever timer slack glennline has, Asterisk's audio is on time.
func TestStartOnTime(t *testing.T) {
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	const ours = 3 * time.Millisecond
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(ours), 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	read := func(start func(*exec.Cmd) error) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "cat", "/proc/self/timerslack_ns")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := start(cmd); err != nil {
			t.Fatal(err)
		}
		var b [64]byte
		n, _ := out.Read(b[:])
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	if got := read((*exec.Cmd).Start); got != "3000000\n" {
		t.Fatalf("a child of this thread has a slack of %q", got)
	}
	if got := read(startOnTime); got != "50000\n" {
		t.Errorf("started on time, it has a slack of %q", got)
	}
	if got, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0); err != nil || time.Duration(got) != ours {
		t.Errorf("then the thread has a slack of %v, %v", time.Duration(got), err)
	}
}

// Nor is it let in before others as glennline is.
func TestStartOnTimeSlice(t *testing.T) {
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	usual, err := sched.Slice()
	if err != nil {
		t.Fatal(err)
	}
	const ours = 200 * time.Microsecond
	if err := sched.SetSlice(ours); err != nil {
		t.Fatal(err)
	}
	mine, err := sched.Slice() // as usual on a kernel that takes no notice
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := startOnTime(cmd); err != nil {
		t.Fatal(err)
	}
	attr, err := unix.SchedGetAttr(cmd.Process.Pid, 0)
	if err != nil || time.Duration(attr.Runtime) != usual {
		t.Errorf("started on time, it has a slice of %+v, %v; want %v", attr, err, usual)
	}
	if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	if got, err := sched.Slice(); err != nil || got != mine {
		t.Errorf("then the thread has a slice of %v, %v; want %v", got, err, mine)
	}
}
