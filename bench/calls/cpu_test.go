package main

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// What the kernel says of us by another way must lie around what is read.
func TestUsageOfSelf(t *testing.T) {
	self := func() time.Duration {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			t.Fatal(err)
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	for self() < 50*time.Millisecond { // so that a clock that stands at 0 shows
	}
	before := self()
	got, err := usageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	after := self()
	const rounding = time.Millisecond // rusage is in microseconds, scaled
	if got.Total < before-rounding || got.Total > after+rounding {
		t.Errorf("CPU clock says %s, getrusage %s before and %s after", got.Total, before, after)
	}
	if split := got.User + got.System; split < before-2*tick || split > after+2*tick {
		t.Errorf("user %s and system %s, getrusage says %s to %s together", got.User, got.System, before, after)
	}
}

func TestUsageOfNobody(t *testing.T) {
	const beyond = 1 << 22 // the kernel's highest process id
	if u, err := usageOf(beyond); err == nil {
		t.Errorf("a process that does not exist has used %v", u)
	}
}

func TestParseStat(t *testing.T) {
	const stat = "4711 (a) name (x) S 1 4711 4711 0 -1 4194560 900 0 0 0 123 45 6 7 20 0 9 0 1000 1 2 3"
	user, system, err := parseStat(stat)
	if err != nil || user != 1230*time.Millisecond || system != 450*time.Millisecond {
		t.Errorf("user %s, system %s, %v; want 1.23s and 450ms", user, system, err)
	}
	if _, _, err := parseStat("1 (x) S 1"); err == nil {
		t.Error("a line that is cut is no error")
	}
}

func TestParseMachine(t *testing.T) {
	cores, idle, err := parseMachine("cpu  100 20 30 100000 5000 4 3 2 0 0\ncpu0 50 10 15 1 1 2 1 1 0 0\ncpu1 50 10 15 1 1 2 2 1 0 0\nintr 1 2 3 4 5 6\n")
	if want := 1050 * time.Second; err != nil || cores != 2 || idle != want {
		t.Errorf("%d cores idled for %s, %v; want 2 and %s", cores, idle, err, want)
	}
	for _, stat := range []string{"", "intr 1 2 3 4 5 6", "cpu  1 2 3", "cpu  1 2 3 many 5 6\ncpu0 1 2 3 4 5 6\n"} {
		if cores, idle, err := parseMachine(stat); err == nil {
			t.Errorf("%q is no error: %d cores, %s", stat, cores, idle)
		}
	}
}

// What we use ourselves is part of what the machine does.
func TestMachineIsBusyWithUs(t *testing.T) {
	began, err := machineBusy()
	if err != nil {
		t.Fatal(err)
	}
	before, err := usageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	var used time.Duration
	for used < 300*time.Millisecond {
		after, err := usageOf(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		used = after.since(before).Total
	}
	ended, err := machineBusy()
	if err != nil {
		t.Fatal(err)
	}
	const rounding = 4 * tick // of idling, each time that it is read
	if busy := ended - began; busy < used-rounding {
		t.Errorf("the machine was busy for %s, and we alone for %s", busy, used)
	}
}
