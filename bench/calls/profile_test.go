package main

import (
	"bytes"
	"maps"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const traces = `File: glennline
Type: cpu
Time: 2026-11-22 20:20:00 UTC
Duration: 19s, Total samples = 1.26s
-----------+-------------------------------------------------------
      10ms   runtime/internal/syscall.Syscall6
             internal/poll.(*FD).Write
             glennline/ari.(*line).send
             glennline/voicemail.(*Script).serve
-----------+-------------------------------------------------------
      1.20s   runtime.cgocall
             github.com/mattn/go-sqlite3.(*SQLiteStmt).exec
             database/sql.(*Stmt).ExecContext
             glennline/petition/sqlite.(*writer).commit
             glennline/ops/ledger.(*Ledger).End
-----------+-------------------------------------------------------
      20ms   crypto/sha256.block
             glennline/voicemail/archive.(*Archive).Keep (inline)
             glennline/voicemail.(*Script).keep
-----------+-------------------------------------------------------
      20ms   time.Now
             glennline/voicemail.(*Script).keep
-----------+-------------------------------------------------------
      10ms   runtime.futex
             runtime.mcall
`

func TestSplit(t *testing.T) {
	got, err := split(strings.NewReader(traces))
	want := map[string]time.Duration{
		parts[0].name: 10 * time.Millisecond, parts[2].name: 1200 * time.Millisecond, parts[1].name: 20 * time.Millisecond,
		parts[3].name: 20 * time.Millisecond, runtimePart: 10 * time.Millisecond,
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	p := newProfile(load{Rate: 50, Length: 8 * time.Second}, sample{Calls: 100}, got)
	if len(p.Parts) != 5 || p.Parts[2].MS != 12 || math.Abs(p.Samples-12.6) > 1e-9 {
		t.Errorf("%+v, want 12 of 12.6 ms for the database", p)
	}
	for _, wrong := range []string{"", "File: x\n", "-----------+---\n   soon runtime.futex\n"} {
		if got, err := split(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q: %v", wrong, got)
		}
	}
}

// A profiled run is long enough for a split, and no longer.
func TestProfiling(t *testing.T) {
	const seconds = time.Second
	for l, want := range map[load]time.Duration{
		{Rate: 50, Length: 8 * seconds}:              11 * seconds, // 550 calls
		{Rate: 25, Length: 8 * seconds}:              16 * seconds,
		{Rate: 10, Length: 8 * seconds}:              40 * seconds,
		{Rate: 2, Length: 8 * seconds}:               longestProfiled,
		{Rate: 20, Length: 25 * seconds}:             28 * seconds, // all 500 at once
		{Rate: 8, Length: 45 * seconds, Alone: true}: 50 * seconds,
	} {
		if got := profiling(l); got != want {
			t.Errorf("%s: calls are placed for %s, want %s", l, got, want)
		}
	}
	p := plan{loads: []load{{Rate: 10, Length: 8 * seconds}}, place: 10 * seconds, pairs: 1}
	if got := p.most(); got != profiledCalls {
		t.Errorf("room for %d calls, and the profiled run places %d", got, profiledCalls)
	}
	without := p.all()
	if p.profile = true; p.all()-without != 50*seconds {
		t.Errorf("the profile takes %s, want 50s", p.all()-without)
	}
}

func profileAt(rate int, length, ms float64) profile {
	p := profile{Rate: rate, Length: length, Calls: 400, Samples: ms, Process: ms + 1}
	for _, one := range parts {
		p.Parts = append(p.Parts, part{one.name, ms / 8})
	}
	p.Parts = append(p.Parts, part{runtimePart, ms / 2})
	return p
}

func TestSplitTable(t *testing.T) {
	r := made() // 10/s and 50/s
	r.summarise()
	if got := r.splitTable(); got != "No run was profiled." {
		t.Errorf("of no profile: %s", got)
	}
	r.Profiles = []profile{profileAt(10, 8, 4), profileAt(50, 8, 2.5)}
	want := `| ms of glennline's CPU a call, and share | 10/s of 8 s | 50/s of 8 s |
|---|---|---|
| events: socket, decoding, requests | 0.50, 12% | 0.31, 12% |
| voice: measure, hashes, copy, sync | 0.50, 12% | 0.31, 12% |
| database: statements, commit, sync | 0.50, 12% | 0.31, 12% |
| the rest of glennline: the script, the witness, logs | 0.50, 12% | 0.31, 12% |
| Go's runtime: scheduler, timers, garbage collection | 2.00, 50% | 1.25, 50% |
| profiled | 4.00 | 2.50 |
| by the kernel's clock | 5.00 | 3.50 |
| samples; shares are known to within | 160; 8 points | 100; 10 points |`
	if got := r.splitTable(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var b bytes.Buffer
	if err := r.print(&b); err != nil || !strings.Contains(b.String(), "2.00, 50%") {
		t.Errorf("%v: the screen has no split:\n%s", err, &b)
	}
	r.Profiles[1].Lost = 2
	if err := r.lost(); err == nil || !strings.Contains(err.Error(), "2 of 400 in the profiled run at 50/s of 8 s") {
		t.Errorf("lost calls are told as %v", err)
	}
}

// An older program profiled one load, under another key: that one is shown, and the
// others are named as missing.
func TestSplitOfAnOlderFile(t *testing.T) {
	r := made()
	one := profileAt(50, 8, 2.5)
	r.Profile = &one
	path := filepath.Join(t.TempDir(), "calls.json")
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	read, err := readReport(path)
	if err != nil {
		t.Fatal(err)
	}
	got := read.splitTable()
	if !strings.HasPrefix(got, "| ms of glennline's CPU a call, and share | 50/s of 8 s |\n") || !strings.HasSuffix(got, "\n\nNo run was profiled at 10/s of 8 s.") {
		t.Errorf("got\n%s", got)
	}
}
