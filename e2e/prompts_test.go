//go:build e2e || heavy

package e2e

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glennline/voicemail/wav"
)

const rate = 8000

// beepLength is that of the beep in a set of shortPrompts.
const beepLength = 400 * time.Millisecond

// shortPrompts makes a set of prompts that keeps tests short: the parts are
// chords, so that none of them can be taken for the beep.
func shortPrompts(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, samples := range map[string][]int16{
		"name":   chord(0.5, 300, 470),
		"notice": chord(1.5, 350, 520),
		"again":  chord(0.6, 280, 610),
		"busy":   chord(0.6, 260, 590),
		"beep":   chord(beepLength.Seconds(), 1000),
	} {
		writeWAV(t, filepath.Join(dir, name+".wav"), samples)
	}
}

func writeWAV(t *testing.T, path string, samples []int16) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := wav.Write(f, rate, samples); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// chord is a sum of tones at -12 dBFS, faded at both ends. Those of more than
// one tone waver, as speech does.
func chord(seconds float64, hertz ...float64) []int16 {
	samples := make([]int16, int(seconds*rate))
	for i := range samples {
		at := float64(i) / rate
		v := 0.0
		for _, f := range hertz {
			v += math.Sin(2 * math.Pi * f * at)
		}
		if len(hertz) > 1 {
			v *= 0.6 + 0.4*math.Sin(2*math.Pi*4*at)
		}
		fade := min(1, at/0.005, (seconds-at)/0.005)
		samples[i] = int16(8000 * fade * v / float64(len(hertz)))
	}
	return samples
}

// speech is the given length of a synthesizer's French, which is what a voice
// is told by. It does not repeat itself.
func speech(t *testing.T, seconds float64) []int16 {
	t.Helper()
	said, err := wav.Read("../voicemail/prompts/placeholder/fr/notice.wav")
	if err != nil {
		t.Fatal(err)
	}
	return said.Samples[:int(seconds*rate)]
}
