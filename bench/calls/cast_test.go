package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The step that a caller jumps to must be the one that speaks with its voice.
func TestCast(t *testing.T) {
	s := &sipp{dir: t.TempDir(), speech: bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, 10000)}
	seen := map[string]bool{}
	for run := range 2 {
		if err := s.cast(5, 8*time.Second); err != nil {
			t.Fatal(err)
		}
		steps := scenarioSteps(t, filepath.Join(s.dir, "caller.xml"))
		table, err := os.ReadFile(filepath.Join(s.dir, "callers.csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows := strings.Fields(string(table))[1:]
		if len(rows) != 5 {
			t.Fatalf("%d callers, want 5", len(rows))
		}
		for n, row := range rows {
			number, step, _ := strings.Cut(row, ";")
			if seen[number] {
				t.Errorf("run %d: %s calls again", run, number)
			}
			seen[number] = true
			var at int
			if _, err := fmt.Sscan(step, &at); err != nil || at >= len(steps) {
				t.Fatalf("step %q of %d", step, len(steps))
			}
			if want := fmt.Sprintf("%d.al,-1,8", n); steps[at] != want {
				t.Errorf("caller %d says %q, want %q", n, steps[at], want)
			}
			if steps[at-1] != "" {
				t.Errorf("caller %d jumps to just behind %q, where SIPp goes on from instead", n, steps[at-1])
			}
		}
	}
}

// SIPp refuses a scenario of more than 64 KiB.
func TestCastOfMany(t *testing.T) {
	s := &sipp{dir: t.TempDir(), speech: make([]byte, 20000)}
	if err := s.cast(voices+100, time.Second); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(s.dir, "caller.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= 64<<10 {
		t.Errorf("the scenario has %d bytes", info.Size())
	}
}

// scenarioSteps are SIPp's steps, with what is said in those that speak.
func scenarioSteps(t *testing.T, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var scenario struct {
		Steps []struct {
			XMLName xml.Name
			Exec    struct {
				Stream string `xml:"rtp_stream,attr"`
			} `xml:"action>exec"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal(raw, &scenario); err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range scenario.Steps {
		if s.XMLName.Local != "label" { // marks a place, and is no step
			steps = append(steps, s.Exec.Stream)
		}
	}
	return steps
}

// What is said for longer than there is speech goes on at its beginning.
func TestLasting(t *testing.T) {
	said := noise(20000)
	long := lasting(turn(said, 3, 25*time.Second), 25*time.Second)
	if len(long) != 25*sampleRate {
		t.Errorf("%d samples, want 25 s", len(long))
	}
	if got := newTrack(said, true).gapsIn(long); got != (gaps{Found: true}) {
		t.Errorf("it does not follow the speech: %+v", got)
	}
}

// No two turns are the same from any packet of the first second on.
func TestTurn(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	said, err := speech()
	if err != nil {
		t.Fatal(err)
	}
	const packet = 160
	seen := map[string]int{}
	for n := range 400 {
		one := turn(said, n, 2*time.Second)
		if len(one) != 2*sampleRate {
			t.Fatalf("turn %d has %d samples, want %d", n, len(one), 2*sampleRate)
		}
		for at := 0; at < sampleRate; at += packet {
			key := string(one[at : at+sampleRate])
			if other, ok := seen[key]; ok && other != n {
				t.Fatalf("turns %d and %d say the same for a second, packets apart", other, n)
			}
			seen[key] = n
		}
	}
}
