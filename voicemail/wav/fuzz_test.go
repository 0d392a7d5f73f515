package wav

import (
	"bytes"
	"math"
	"testing"
)

// What is found in any bytes lies within them, and a repair of them reads as
// the same audio. More seeds lie in testdata/fuzz.
func FuzzInspect(f *testing.F) {
	f.Add(good(1, 2, 3).bytes())
	f.Add(draft{samples: pcm(1, 2, 3)}.bytes())
	f.Add(draft{riffSize: -1, dataSize: -1, before: info, samples: pcm(1, 2), after: info}.bytes())
	f.Add(draft{riffSize: -1, dataSize: -1, format: extensible(16, 16, pcmSubformat), samples: pcm(1)}.bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		audio, repaired, err := readRepaired(t, file)
		if err != nil {
			if !typed(err) {
				t.Fatalf("no typed error: %v", err)
			}
			return
		}
		if len(audio) == 0 || len(audio)*sampleBytes > len(file)-headerSize {
			t.Fatalf("%d samples in %d bytes", len(audio), len(file))
		}
		if !bytes.Equal(pcm(audio...), pcm(repaired...)) {
			t.Fatal("repaired to other samples")
		}
		if !bytes.Contains(file, pcm(audio...)) {
			t.Fatal("samples that are not in the file")
		}
	})
}

// A measure of anything is within its bounds, and the same however the
// samples come.
func FuzzMeter(f *testing.F) {
	f.Add(uint32(8000), uint16(1), pcm(1, 2, 3))
	f.Add(uint32(44100), uint16(100), bytes.Repeat(pcm(-32768, 32767), 600))
	f.Add(uint32(1000), uint16(7), make([]byte, 100))
	f.Fuzz(func(t *testing.T, rate uint32, piece uint16, b []byte) {
		if rate < minRate || rate > maxRate {
			return
		}
		b = b[:len(b)&^1]
		whole, pieces := NewMeter(int(rate)), NewMeter(int(rate))
		pieces.kept = 1 + int(piece)%7 // pitch is looked for at once, or when it is asked for
		whole.Take(b)
		n := int(piece)%1000*2 + 2
		for rest := b; len(rest) > 0; rest = rest[min(n, len(rest)):] {
			pieces.Take(rest[:min(n, len(rest))])
		}
		m := whole.Measure()
		if m != pieces.Measure() {
			t.Fatalf("%+v, in pieces %+v", m, pieces.Measure())
		}
		for _, v := range []float64{m.LevelDBFS, m.PeakDBFS, m.NoiseDBFS, m.HumDBFS} {
			if math.IsNaN(v) || v < silenceDBFS || v > 6 {
				t.Fatalf("%+v", m)
			}
		}
		if m.SpeechSeconds < 0 || m.UnclearSeconds < 0 || m.ToneSeconds < 0 || m.SpeechSeconds+m.UnclearSeconds+m.ToneSeconds > m.Seconds+1e-9 || m.Clipped < 0 || m.Clipped > 1 {
			t.Fatalf("%+v", m)
		}
		if want := float64(len(b)/sampleBytes) / float64(rate); m.Seconds != want {
			t.Fatalf("%v s, want %v", m.Seconds, want)
		}
	})
}
