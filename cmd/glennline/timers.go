package main

import (
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"glennline/internal/sched"
)

// timerSlack is by how much the kernel may delay a timer of ours so that it
// falls together with others.
const timerSlack = 4 * time.Millisecond

// coalesceTimers begins the program anew with timerSlack, and with timeSlice, or
// returns where that is in force already or cannot be had.
//
// The Go runtime's monitor sleeps for 20 µs at a time while anything runs, and
// for the default slack of 50 µs each of these sleeps ends in a wake-up of its
// own: fifty of them for one call, a quarter of all that glennline costs. A
// thread has its slack from the one that made it, and the monitor is made before
// main begins, so only a process that starts with the slack has it everywhere.
// While the disk is waited for, which takes a millisecond or two, the monitor
// watches; with a slack longer than that it looks once and goes back to sleep.
// Nothing here is heard later by 4 ms: audio is Asterisk's, which gets the
// default back (see asterisk-conf/pbx).
func coalesceTimers() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if slack() >= timerSlack {
		return
	}
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(timerSlack), 0, 0, 0); err != nil || slack() < timerSlack {
		return
	}
	_ = sched.SetSlice(timeSlice) // without it all goes on as it was
	// The process keeps its number, its files and its limits, and of its threads
	// only this one. It returns only if it failed, and then all goes on as it was.
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(deathSignal), 0, 0, 0)
	_ = syscall.Exec("/proc/self/exe", os.Args, os.Environ())
}

// deathSignal is what the process is to get when the one that started it dies, 0 for
// nothing: PR_SET_PDEATHSIG, prctl(2). The main thread has it and no other, and there
// the variables of a program are initialised.
var deathSignal = func() (signal int32) {
	_ = unix.Prctl(unix.PR_GET_PDEATHSIG, uintptr(unsafe.Pointer(&signal)), 0, 0, 0)
	return signal
}()

// timeSlice is how long a thread of ours may run while others wait.
//
// Who asks for less is let in sooner (Linux 6.12 on; before, it makes no difference).
// Of the machine we take no more by it. Between an INVITE and its answer we are woken
// a few times for a few microseconds each, and on a full machine wait behind
// Asterisk's threads each time.
const timeSlice = 100 * time.Microsecond

// slack is the calling thread's.
func slack() time.Duration {
	n, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		return 0
	}
	return time.Duration(n)
}
