package main

import (
	"maps"
	"math"
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

func TestProfiledLoad(t *testing.T) {
	p := plan{loads: []load{{Rate: 20, Length: 25 * time.Second}, {Rate: 10, Length: 8 * time.Second}, {Rate: 50, Length: 8 * time.Second}, {Rate: 25, Length: 8 * time.Second}}}
	if got, want := p.profiled(), p.loads[2]; got != want {
		t.Errorf("profiled at %v, want %v", got, want)
	}
}
