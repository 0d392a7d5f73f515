//go:build e2e

package e2e

import (
	"testing"
	"time"

	"glennline/softphone"
)

// Numbers are found in whatever form a carrier sends them, and several lead to
// one line.
func testNumbers(t *testing.T, l *line) {
	for dialled, want := range map[string]struct{ line, number string }{
		"+3225550100":  {"main", "+3225550100"},
		"3225550100":   {"main", "+3225550100"},
		"025550101":    {"partner", "+3225550101"},
		"0032255501":   {"", ""}, // too short for one of ours
		"003225550102": {"partner", "+3225550102"},
	} {
		r := l.phone(t, softphone.Script{To: l.uri(dialled), HangupAt: softphone.AfterAnswer, HangupAfter: 100 * time.Millisecond})
		got := l.call(r.CallID)
		if got.Line != want.line || want.line != "" && got.Dialled != want.number {
			t.Errorf("%s reached line %q as %q, want %q as %q", dialled, got.Line, got.Dialled, want.line, want.number)
		}
	}
}

// What ready prints can be dialled.
func testReady(t *testing.T, l *line) {
	if l.number != mainNumber {
		t.Errorf("ready names %s, want the first line's first number, %s", l.number, mainNumber)
	}
	r := l.phone(t, softphone.Script{To: l.uri(l.number), HangupAt: softphone.AfterAnswer})
	if r.Status != 200 {
		t.Errorf("what ready names answers %d", r.Status)
	}
}
