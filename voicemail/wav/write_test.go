package wav

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestReadTakesBackWhatWasWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	rates := []int{minRate, 8000, 11025, 16000, 48000, maxRate}
	for _, n := range []int{1, 2, blockSize/2 - 22, blockSize/2 - 21, blockSize / 2, blockSize, 3 * blockSize} {
		samples := randomSamples(r, n)
		if n > 100 {
			samples = slices.Grow(samples, n)[:n]
		}
		rate := rates[r.IntN(len(rates))]
		var file bytes.Buffer
		if err := Write(&file, rate, samples); err != nil {
			t.Fatal(err)
		}
		a, err := ReadFrom(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if a.Rate != rate || a.Repaired || !slices.Equal(a.Samples, samples) {
			t.Errorf("%d samples at %d Hz came back as %d at %d Hz, repaired %v", len(samples), rate, len(a.Samples), a.Rate, a.Repaired)
		}
	}
}

func TestWriteRefusesWhatReadWould(t *testing.T) {
	for _, tt := range []struct {
		rate, samples int
		want          error
	}{
		{8000, 0, ErrEmpty},
		{minRate - 1, 1, ErrFormat},
		{maxRate + 1, 1, ErrFormat},
		{8000, MaxSize / sampleBytes, ErrTooLarge},
	} {
		var file bytes.Buffer
		err := Write(&file, tt.rate, make([]int16, tt.samples))
		if !errors.Is(err, tt.want) || file.Len() > 0 {
			t.Errorf("%d samples at %d Hz: %v, %d bytes written", tt.samples, tt.rate, err, file.Len())
		}
	}
}

func TestWritePassesErrorsOn(t *testing.T) {
	full := errors.New("no space left")
	for _, n := range []int{10, blockSize} {
		if err := Write(failing{full}, 8000, make([]int16, n)); !errors.Is(err, full) {
			t.Errorf("%d samples: %v", n, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
