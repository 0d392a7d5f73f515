package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"glennline/voicemail/wav"
)

// recordings is what became of what the callers said.
type recordings struct {
	Wanted  int     `json:"wanted"`
	Whole   int     `json:"whole"`   // closed, with speech of the caller's, and as long as the message
	Missing int     `json:"missing"` // no file
	Empty   int     `json:"empty"`   // no audio in it, or not closed
	Short   int     `json:"short"`   // with speech, but more than shortBy is missing
	Mute    int     `json:"mute"`    // no speech found
	Gaps    gapsOf  `json:"gaps"`
	Seconds spread  `json:"seconds"`
	Speech  spread  `json:"speech_seconds"`
	Ends    endings `json:"ends,omitempty"` // glennline's calls by ending and status
}

// gapsOf are what recordings lack of what was said, compared with it sample for
// sample from the first one recorded to the last. Audio that is lost on its way
// to Asterisk is lost here too.
type gapsOf struct {
	Recordings int     `json:"recordings"` // that have one
	Strangers  int     `json:"strangers"`  // most of which nobody said: neither whole nor short
	MissingMS  float64 `json:"missing_ms"` // said and not there, all together
	ForeignMS  float64 `json:"foreign_ms"` // there and not said, such as silence
	LongestMS  float64 `json:"longest_ms"`
}

func (g *gapsOf) add(one gaps) {
	const ms = 1000.0 / sampleRate
	switch {
	case !one.Found:
		g.Strangers++
	case one.Places > 0:
		g.Recordings++
	}
	g.MissingMS += float64(one.Missing) * ms
	g.ForeignMS += float64(one.Foreign) * ms
	g.LongestMS = max(g.LongestMS, float64(one.Longest)*ms)
}

type endings map[string]int

// shortBy is how much of a message may be missing at its two ends together.
const shortBy = 500 * time.Millisecond

// judgeRecordings reads the files of as many calls as are wanted.
func judgeRecordings(paths []string, wanted int, length time.Duration, said *track) recordings {
	r := recordings{Wanted: wanted, Missing: max(0, wanted-len(paths))}
	least := (length - prompts - shortBy).Seconds()
	var seconds, speech []float64
	for _, path := range paths {
		audio, err := wav.Read(path)
		if err != nil || audio.Repaired {
			r.Empty++
			continue
		}
		m := wav.Measure(audio.Samples, audio.Rate)
		heard := said.gapsIn(alaw(audio.Samples))
		if 2*heard.Foreign > len(audio.Samples) {
			heard = gaps{} // what little is found stands in any speech
		}
		r.Gaps.add(heard)
		seconds, speech = append(seconds, m.Seconds), append(speech, m.SpeechSeconds)
		switch {
		case m.SpeechSeconds < 0.3:
			r.Mute++
		case !heard.Found: // among Gaps.Strangers: somebody speaks, but not our callers
		case m.Seconds < least:
			r.Short++
		default:
			r.Whole++
		}
	}
	r.Seconds, r.Speech = spreadOf(seconds), spreadOf(speech)
	return r
}

// settleLimit is how long after the last call everything may take to be on disk.
const settleLimit = 30 * time.Second

// settle asks until as many are done as are wanted, or no more become so.
func settle(ctx context.Context, wanted int, done func() (int, error)) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(settleLimit); ; {
		n, err := done()
		if err != nil || n >= wanted || time.Now().After(end) {
			return err // what is missing is counted later
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// closed counts the recordings in a folder that nobody writes any more, going
// by their headers, and names them. Those that were found closed before, in
// known, are not opened again.
func closed(folder string, known map[string]bool) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(folder, "*.wav"))
	if err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	return slices.DeleteFunc(all, func(path string) bool {
		if !known[path] {
			info, err := wav.Inspect(path)
			known[path] = err == nil && info.Damage == wav.DamageNone
		}
		return !known[path]
	}), nil
}
