package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"glennline/internal/sched"
)

// printSlack is a program for the scripts: it prints its timer slack before and
// after coalesceTimers, that of a thread that is made then, its arguments,
// whether both have the time slice that the kernel gives to who asks for ours, and
// what it is to get when who started it dies.
func printSlack() {
	fmt.Println("before", slack())
	coalesceTimers()
	mine, _ := sched.Slice()
	after, slices := make(chan any, 1), make(chan any, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is this goroutine's, and ends with it
		after <- slack()
		its, _ := sched.Slice()
		_ = sched.SetSlice(timeSlice)
		given, _ := sched.Slice()
		slices <- mine == given && its == given
	}()
	fmt.Println("after", slack(), <-after, os.Args[1:], <-slices, deathSignal)
}

// Who started glennline with the wish that it ends with them has it fulfilled.
func TestDeathSignalIsKept(t *testing.T) {
	runtime.LockOSThread() // whose end would be that of who started it
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Args = []string{"timers"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := cmd.Output()
	if want := fmt.Sprintf(" true %d\n", syscall.SIGTERM); err != nil || !strings.HasSuffix(string(out), want) {
		t.Errorf("%v:\n%s\nwant at the end %q", err, out, want)
	}
}
