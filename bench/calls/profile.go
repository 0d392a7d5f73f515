package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// profile says on what glennline spends its CPU time: from Go's CPU profile of
// a run of its own, in which nothing is timed, because being profiled costs
// something too.
type profile struct {
	Rate    int     `json:"calls_per_second"`
	Length  float64 `json:"call_seconds"`
	Calls   int     `json:"calls"`
	Lost    int     `json:"lost"`
	Samples float64 `json:"profiled_ms_per_call"` // what the profile saw
	Process float64 `json:"process_ms_per_call"`  // what the process used by the kernel's clock
	Parts   []part  `json:"parts"`
}

// part is a share of Samples.
type part struct {
	Name string  `json:"name"`
	MS   float64 `json:"ms_per_call"`
}

// parts are told apart by the function that is nearest to the leaf of a stack
// and belongs to one of them; cgo's stacks lead to the Go function that called.
var parts = []struct {
	name     string
	packages []string
}{
	{"events: socket, decoding, requests", []string{"glennline/ari."}},
	{"voice: measure, hashes, copy, sync", []string{"glennline/voicemail/wav.", "glennline/voicemail/archive."}},
	{"database: statements, commit, sync", []string{"glennline/petition/sqlite.", "glennline/ops/ledger.", "glennline/petition/journal."}},
	{"the rest of glennline: the script, the witness, logs", []string{"glennline/", "main."}},
}

// runtimePart is every stack without glennline in it.
const runtimePart = "Go's runtime: scheduler, timers, garbage collection"

// split reads what `go tool pprof -traces` prints: stacks from the leaf on, each
// with the time that was spent in it, between lines of dashes.
func split(traces io.Reader) (map[string]time.Duration, error) {
	spent := map[string]time.Duration{}
	var took time.Duration
	var found string
	started := false
	finish := func() {
		if started && took > 0 {
			if found == "" {
				found = runtimePart
			}
			spent[found] += took
		}
		took, found = 0, ""
	}
	lines := bufio.NewScanner(traces)
	for lines.Scan() {
		text := lines.Text()
		if strings.HasPrefix(text, "-----------+") {
			finish()
			started = true
			continue
		}
		fields := strings.Fields(text)
		if !started || len(fields) == 0 {
			continue
		}
		function := fields[0]
		if took == 0 {
			var err error
			if took, err = time.ParseDuration(fields[0]); err != nil || len(fields) < 2 {
				return nil, fmt.Errorf("pprof -traces: %q is no time and function", text)
			}
			function = fields[1]
		}
		if found == "" {
			found = partOf(function)
		}
	}
	finish()
	if len(spent) == 0 {
		return nil, errors.Join(errors.New("pprof -traces: no samples"), lines.Err())
	}
	return spent, lines.Err()
}

func partOf(function string) string {
	for _, p := range parts {
		for _, begin := range p.packages {
			if strings.HasPrefix(function, begin) {
				return p.name
			}
		}
	}
	return ""
}

// profiled makes the run. The profile itself goes to a file, for `go tool pprof`.
func (b *bench) profiled(ctx context.Context, file string) (*profile, error) {
	l := b.plan.profiled()
	raw := make(chan error, 1)
	var cpu []byte
	go func() {
		var err error
		cpu, err = b.line.cpuProfile(ctx, b.plan.placing(l)+l.Length)
		raw <- err
	}()
	s, err := b.run(ctx, withGlennline, l, b.plan.calls(l))
	if err := errors.Join(err, <-raw); err != nil {
		return nil, err
	}
	say("profile %s", s)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, cpu, 0o644); err != nil {
		return nil, err
	}
	var said bytes.Buffer
	traces := exec.CommandContext(ctx, "go", "tool", "pprof", "-traces", file)
	traces.Stderr = &said
	out, err := traces.Output()
	if err != nil {
		return nil, fmt.Errorf("go tool pprof: %w: %s", err, said.Bytes())
	}
	spent, err := split(bytes.NewReader(out))
	if err != nil {
		return nil, err
	}
	return newProfile(l, s, spent), nil
}

func newProfile(l load, s sample, spent map[string]time.Duration) *profile {
	p := &profile{Rate: l.Rate, Length: l.Length.Seconds(), Calls: s.Calls, Lost: s.Lost, Process: s.Glennline.Total}
	add := func(name string) {
		ms := millis(spent[name]) / float64(max(1, s.Calls))
		p.Samples += ms
		p.Parts = append(p.Parts, part{name, ms})
	}
	for _, one := range parts {
		add(one.name)
	}
	add(runtimePart)
	return p
}

// cpuProfile asks glennline for its profile over so much time.
func (l *line) cpuProfile(ctx context.Context, over time.Duration) ([]byte, error) {
	return l.pprof(ctx, fmt.Sprintf("profile?seconds=%.0f", over.Seconds()))
}

// pprof asks glennline for what stands below /debug/pprof/.
func (l *line) pprof(ctx context.Context, what string) ([]byte, error) {
	url := "http://" + l.monitor + "/debug/pprof/" + what
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, resp.Status, raw)
	}
	return raw, err
}
