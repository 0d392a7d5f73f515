package prompts_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"glennline/voicemail/wav"
)

const rate = 8000

// tone makes seconds of a sine of the given peak, in dBFS.
func tone(hz, seconds, peak float64) []int16 {
	samples := make([]int16, int(seconds*rate))
	amplitude := 32767 * math.Pow(10, peak/20)
	for i := range samples {
		samples[i] = int16(amplitude * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	return samples
}

func write(t *testing.T, path string, samples []int16) {
	t.Helper()
	writeAt(t, path, rate, samples)
}

// writeAt puts a file into place whole, as somebody who replaces a prompt should.
func writeAt(t *testing.T, path string, rate int, samples []int16) {
	t.Helper()
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		t.Fatal(err)
	}
	if err := wav.Write(f, rate, samples); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		t.Fatal(err)
	}
}

var fiveNames = []string{"name", "notice", "beep", "again", "busy"}

// folder makes a line's folder of prompts, each a tone of its own.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i, name := range fiveNames {
		write(t, filepath.Join(dir, name+".wav"), tone(300+100*float64(i), 0.5+0.1*float64(i), -17))
	}
	return dir
}

// spoil overwrites bytes of a file from an offset on.
func spoil(t *testing.T, path string, offset int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(b, offset); err != nil {
		t.Fatal(err)
	}
}
