package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	_ "github.com/mattn/go-sqlite3"
	"github.com/rogpeppe/go-internal/testscript"

	"glennline/voicemail/wav"
)

func cmdQuery(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: query DATABASE SQL")
	}
	db, err := sql.Open("sqlite3", "file:"+ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.ExecContext(context.Background(), args[1])
	ts.Check(err)
	ts.Check(db.Close())
}

func cmdResize(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: resize FILE BYTES")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// cmdVoice writes a second of a synthesizer's voice, brought to a level. The
// samples stay, whatever the rate is said to be.
func cmdVoice(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: voice FILE RATE DBFS")
	}
	rate, err := strconv.Atoi(args[1])
	ts.Check(err)
	level, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	audio, err := wav.Read(filepath.Join(ts.Getenv("PLACEHOLDERS"), "fr", "name.wav"))
	ts.Check(err)
	gain := math.Pow(10, (level-wav.Measure(audio.Samples, audio.Rate).LevelDBFS)/20)
	for i, s := range audio.Samples {
		audio.Samples[i] = int16(max(math.MinInt16, min(math.MaxInt16, gain*float64(s))))
	}
	var file bytes.Buffer
	ts.Check(wav.Write(&file, rate, audio.Samples))
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file.Bytes(), 0o644))
}

// cmdDocument checks that each line of standard output is a JSON object, and
// that it has exactly the keys, in any order.
func cmdDocument(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 && args[0] != "-keys" {
		ts.Fatalf("usage: document [-keys KEY...]")
	}
	lines := 0
	for scan := bufio.NewScanner(strings.NewReader(ts.ReadFile("stdout"))); scan.Scan(); lines++ {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(scan.Bytes(), &object); err != nil {
			ts.Fatalf("%q is no JSON object: %v", scan.Text(), err)
		}
		if len(args) == 0 {
			continue
		}
		keys := slices.Sorted(func(yield func(string) bool) {
			for key := range object {
				if !yield(key) {
					return
				}
			}
		})
		if want := slices.Sorted(slices.Values(args[1:])); !slices.Equal(keys, want) {
			ts.Fatalf("the keys are %q, want %q", keys, want)
		}
	}
	if lines == 0 {
		ts.Fatalf("standard output is empty")
	}
}
