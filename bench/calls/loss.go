package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// loss is what a run that lost calls leaves to be looked at: who did not get
// through, what is missing, and what glennline said meanwhile.
func (b *bench) loss(s sample) string {
	var said strings.Builder
	fmt.Fprintf(&said, "%d of %d lost: SIPp had %d good and %d failed of %d", s.Lost, s.Calls, s.SIP.Successful, s.SIP.Failed, s.SIP.Calls)
	for _, p := range s.Probes {
		if p.Error != "" {
			fmt.Fprintf(&said, ", a probe: %s", p.Error)
		}
	}
	r := s.Recordings
	fmt.Fprintf(&said, "; recordings: %d whole, %d short, %d missing, %d empty, %d mute, %d of something else; ended %v", r.Whole, r.Short, r.Missing, r.Empty, r.Mute, r.Gaps.Strangers, r.Ends)
	if n := b.line.fallbacks(); n > 0 {
		fmt.Fprintf(&said, "; %d recordings of the dialplan's fallback wait in the spool, because glennline did not take those calls", n)
	}
	log, err := os.ReadFile(b.line.log)
	if err != nil {
		fmt.Fprintf(&said, "; its log: %v", err)
	}
	if warned := warnings(log, 10); warned != "" {
		fmt.Fprintf(&said, "; its log warned at last:\n%s", warned)
	}
	return said.String()
}

// evidence keeps what both processes are doing, beside their logs.
func (b *bench) evidence(ctx context.Context, run string) {
	b.lost = true
	keep := func(name string, said []byte, err error) {
		if err != nil {
			said = fmt.Appendf(said, "\n%v\n", err)
		}
		if err := os.WriteFile(filepath.Join(b.dir, run+"."+name+".txt"), said, 0o600); err != nil {
			say("%v", err)
		}
	}
	for name, command := range map[string]string{"channels": "core show channels concise", "taskprocessors": "core show taskprocessors", "threads": "core show threads"} {
		said, err := b.line.console(ctx, command)
		keep(name, []byte(said), err)
	}
	for name, pid := range map[string]int{"asterisk": b.line.asterisk, "glennline": b.line.cmd.Process.Pid} {
		waiting, err := threadsOf(pid)
		keep(name+"-threads", []byte(waiting), err)
	}
	pressure, err := os.ReadFile("/proc/pressure/io") // proc(5): how long all waited for the disk
	keep("pressure", pressure, err)
	goroutines, err := b.line.pprof(ctx, "goroutine?debug=2")
	keep("goroutines", goroutines, err)
}

// fallbacks counts what the dialplan recorded by itself on glennline's line.
func (l *line) fallbacks() (n int) {
	_ = filepath.WalkDir(filepath.Join(l.data.Spool(), "fallback"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".wav") {
			n++
		}
		return nil // what has gone meanwhile is not counted
	})
	return n
}

// warnings are the last lines of a log, in JSON, that are no mere information.
func warnings(log []byte, most int) string {
	var found []string
	for lines := bufio.NewScanner(bytes.NewReader(log)); lines.Scan(); {
		var entry struct {
			Level string `json:"level"`
		}
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Level != "" && entry.Level != "info" && entry.Level != "debug" {
			found = append(found, lines.Text())
		}
	}
	return strings.Join(found[max(0, len(found)-most):], "\n")
}
