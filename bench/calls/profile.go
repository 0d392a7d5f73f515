package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// profile says on what glennline spends its CPU time at a load: from Go's CPU
// profile of a run of its own, in which nothing is timed, because being profiled
// costs something too.
type profile struct {
	Rate    int     `json:"calls_per_second"`
	Length  float64 `json:"call_seconds"`
	Calls   int     `json:"calls"`
	Lost    int     `json:"lost"`
	Samples float64 `json:"profiled_ms_per_call"` // what the profile saw
	Process float64 `json:"process_ms_per_call"`  // what the process used by the kernel's clock
	Parts   []part  `json:"parts"`
}

func (p profile) load() string { return loadText(p.Rate, p.Length) }

// sampleTime is how much CPU time each sample of a profile stands for.
const sampleTime = 10 // ms

// samples is how many the profile has.
func (p profile) samples() float64 { return p.Samples * float64(p.Calls) / sampleTime }

// uncertain is how far a share may be off, 19 times of 20, because it is known from
// so many samples: twice the standard deviation of one half, of which that is
// largest.
func (p profile) uncertain() float64 { return 1 / math.Sqrt(max(1, p.samples())) }

// share is a part's, and 0 where it has none.
func (p profile) share(name string) (ms, share float64) {
	for _, one := range p.Parts {
		if one.Name == name && p.Samples > 0 {
			return one.MS, one.MS / p.Samples
		}
	}
	return 0, 0
}

// profiles are those of this program, or the one that an older program made.
func (r *report) profiles() []profile {
	if len(r.Profiles) == 0 && r.Profile != nil {
		return []profile{*r.Profile}
	}
	return r.Profiles
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

// profiled makes a run of each load. After an error it gives those that were made.
// The profiles themselves go to files, for `go tool pprof`.
func (b *bench) profiled(ctx context.Context, name string) (made []profile, err error) {
	for _, l := range b.plan.loads {
		p, err := b.profileOf(ctx, l, fmt.Sprintf("%s-%dx%s.prof", name, l.Rate, l.Length))
		if err != nil {
			return made, fmt.Errorf("profile at %s: %w", l, err)
		}
		made = append(made, *p)
	}
	return made, nil
}

// profileOf makes one.
func (b *bench) profileOf(ctx context.Context, l load, file string) (*profile, error) {
	placing := profiling(l)
	raw := make(chan error, 1)
	var cpu []byte
	go func() {
		var err error
		// To the end of the last call, and some more for its ending.
		cpu, err = b.line.cpuProfile(ctx, l.took(placing))
		raw <- err
	}()
	s, err := b.run(ctx, withGlennline, l, l.during(placing))
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
