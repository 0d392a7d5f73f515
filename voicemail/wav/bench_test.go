package wav

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// message is 8 s at 8 kHz, the usual length of one: noise that comes and goes
// about as syllables do.
func message() []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	samples := make([]int16, 8*8000)
	for i := range samples {
		loud := 1 + 40*((i/1200)%2)
		samples[i] = int16(r.NormFloat64() * 100 * float64(loud))
	}
	return samples
}

func BenchmarkMeasure(b *testing.B) {
	samples := message()
	b.SetBytes(int64(len(samples) * sampleBytes))
	b.ReportAllocs()
	for b.Loop() {
		Measure(samples, 8000)
	}
}

func BenchmarkScan(b *testing.B) {
	var file bytes.Buffer
	if err := Write(&file, 8000, message()); err != nil {
		b.Fatal(err)
	}
	r := bytes.NewReader(file.Bytes())
	b.SetBytes(r.Size())
	b.ReportAllocs()
	for b.Loop() {
		info, err := InspectFrom(r, r.Size())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := info.Scan(b.Context(), r, nil); err != nil {
			b.Fatal(err)
		}
	}
}
