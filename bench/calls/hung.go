package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// placeSlack is how much longer SIPp may take than its calls: none of its steps
// waits longer than -recv_timeout, 15 s, and a call has two that do.
const placeSlack = 40 * time.Second

// hung is what is known of a SIPp that does not end, while it still runs: who
// holds the calls that are open. Where Asterisk has none any more, SIPp hangs
// by itself, and its threads say in which call of the kernel.
func (s *sipp) hung(ctx context.Context, pid int, limit time.Duration, stats string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var said strings.Builder
	fmt.Fprintf(&said, "sipp did not end within %s", limit)
	if c, err := readStatistics(stats); err != nil {
		fmt.Fprintf(&said, "; its counters cannot be read: %v", err)
	} else {
		fmt.Fprintf(&said, "; by its counters %d calls were placed, %d were good, %d failed, %d are open", c.Calls, c.Successful, c.Failed, c.Calls-c.Successful-c.Failed)
	}
	threads, err := threadsOf(pid)
	fmt.Fprintf(&said, "; its threads: %s", threads)
	if err != nil {
		fmt.Fprintf(&said, " (%v)", err)
	}
	channels, err := s.channels(ctx)
	switch lines := strings.Split(strings.TrimSpace(channels), "\n"); {
	case err != nil:
		fmt.Fprintf(&said, "; Asterisk does not say what it has: %v", err)
	case strings.TrimSpace(channels) == "":
		said.WriteString("; Asterisk has no channel any more")
	default:
		fmt.Fprintf(&said, "; Asterisk has %d channels:\n%s", len(lines), strings.Join(lines[:min(len(lines), 20)], "\n"))
	}
	return errors.New(said.String())
}

// threadsOf counts a process's threads by state and by the place in the kernel
// at which they wait, as in "2 S futex_wait_queue"; see proc(5).
func threadsOf(pid int) (string, error) {
	folder := fmt.Sprintf("/proc/%d/task", pid)
	tasks, err := os.ReadDir(folder)
	if err != nil {
		return "unknown", err
	}
	count := map[string]int{}
	for _, t := range tasks {
		stat, err := os.ReadFile(filepath.Join(folder, t.Name(), "stat"))
		if err != nil {
			continue // it has just ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		state, _, _ := strings.Cut(after, " ")
		at, _ := os.ReadFile(filepath.Join(folder, t.Name(), "wchan")) // hidden on some kernels
		count[state+" "+string(at)]++
	}
	var all []string
	for where, n := range count {
		all = append(all, fmt.Sprintf("%d %s", n, where))
	}
	slices.Sort(all)
	return strings.Join(all, ", "), nil
}

// channels is one line for each of Asterisk's channels, as `core show channels
// concise` has it: name, context, extension, state, application and, last but
// one, its age in seconds.
func (l *line) channels(ctx context.Context) (string, error) {
	return l.console(ctx, "core show channels concise")
}
