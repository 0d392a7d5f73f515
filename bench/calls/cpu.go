package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// usage is the CPU time that a process has used, all of its threads, also those
// that have ended. Total is exact; User and System are the kernel's division
// of it, in ticks of 10 ms.
type usage struct{ Total, User, System time.Duration }

func (u usage) since(before usage) usage {
	return usage{u.Total - before.Total, u.User - before.User, u.System - before.System}
}

// usageOf reads the CPU clock of a process (clock_getcpuclockid(3)), and
// /proc/PID/stat, proc(5), for the division.
func usageOf(pid int) (usage, error) {
	var u usage
	// The clock of process p, by the kernel's CPUCLOCK_SCHED.
	const sched = 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &ts); err != nil {
		return u, fmt.Errorf("CPU clock of process %d: %w", pid, err)
	}
	u.Total = time.Duration(ts.Nano())
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return u, err
	}
	u.User, u.System, err = parseStat(string(stat))
	return u, err
}

const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux

func parseStat(stat string) (user, system time.Duration, err error) {
	// The name, in brackets, may hold anything.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, 0, fmt.Errorf("/proc/PID/stat: %d fields after the name", len(fields))
	}
	for i, to := range []*time.Duration{&user, &system} { // fields 14 and 15; the third is the first here
		n, err := strconv.ParseInt(fields[11+i], 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("/proc/PID/stat: %w", err)
		}
		*to = time.Duration(n) * tick
	}
	return user, system, nil
}

// machineBusy is the CPU time that all cores together have used, and what was taken
// from them by other guests of the same hardware: all time in which they were not
// idle. The kernel measures idling where its tick stops meanwhile, which is usual;
// its times of being busy are what a tick happens to interrupt, and of calls, whose
// work timers begin, it misses a quarter.
func machineBusy() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0, err
	}
	cores, idle, err := parseMachine(string(stat))
	return time.Duration(cores)*time.Duration(now.Nano()) - idle, err
}

// parseMachine reads the first lines of /proc/stat, proc(5): of all cores together,
// and of each. Idle is with waiting for a disk.
func parseMachine(stat string) (cores int, idle time.Duration, err error) {
	for line := range strings.Lines(stat) {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasPrefix(fields[0], "cpu") {
			break
		}
		if fields[0] != "cpu" {
			cores++
			continue
		}
		for _, field := range fields[4:6] {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0, 0, fmt.Errorf("/proc/stat: %w", err)
			}
			idle += time.Duration(n) * tick
		}
	}
	if cores == 0 || idle == 0 {
		return 0, 0, fmt.Errorf("/proc/stat begins with %.60q", stat)
	}
	return cores, idle, nil
}
