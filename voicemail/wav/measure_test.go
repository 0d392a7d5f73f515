package wav

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The recordings in testdata, which are synthetic and went through A-law once.
// testdata/generate makes them and states their levels.
func TestMeasureOfRecordings(t *testing.T) {
	const none = silenceDBFS
	tests := []struct {
		file           string
		speechFrom, to float64 // seconds; of a whisper, which is unclear
		level          float64 // ±1.5, of the speech or whisper if there is any
		noise          float64 // ±1.5
		hum            float64 // ±1, or not above where there is none
		tones          float64 // ±0.1
	}{
		{"speech-fr", 0.9, 1.3, -20, none, none, 0},
		{"speech-en", 1.0, 1.5, -20, none, none, 0},
		{"speech-nl", 1.0, 1.5, -30, none, none, 0},
		{"speech-de", 0.7, 1.2, -45, none, none, 0},
		{"whisper-fr", 0.9, 1.3, -45, none, none, 0},
		{"word", 0.3, 0.4, -45, none, none, 0},
		{"speech-hum", 1.0, 1.5, -26.8, -30, -30, 0},
		{"speech-noise", 1.0, 1.5, -29, -52, -55, 0},
		{"silence", 0, 0, none, none, none, 0},
		{"hum", 0, 0, -30, -30, -30, 0},
		{"hum-harmonics", 0, 0, -30, -30, -30.5, 0},
		{"noise", 0, 0, -50, -51, -65, 0},
		{"comfort", 0, 0, -52.3, none, none, 0},
		{"dtmf", 0, 0, -20, none, none, 0.75},
		{"ringback", 0, 0, -23.5, none, none, 1},
		{"clicks", 0, 0, -35.5, none, none, 0},
	}
	files, err := filepath.Glob("testdata/*.wav")
	if err != nil || len(files) != len(tests) {
		t.Errorf("%d recordings, %d are tested: %v", len(files), len(tests), err)
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			a, err := Read(filepath.Join("testdata", tt.file+".wav"))
			if err != nil {
				t.Fatal(err)
			}
			m := Measure(a.Samples, a.Rate)
			heard, other := m.SpeechSeconds, m.UnclearSeconds
			if strings.HasPrefix(tt.file, "whisper") {
				heard, other = other, heard
			}
			if heard < tt.speechFrom || heard > tt.to || other > 0.06 {
				t.Errorf("%.2f s of speech and %.2f s unclear, want %.2f to %.2f", m.SpeechSeconds, m.UnclearSeconds, tt.speechFrom, tt.to)
			}
			about(t, "level", m.LevelDBFS, tt.level, 1.5)
			about(t, "noise", m.NoiseDBFS, tt.noise, 1.5)
			if tt.hum < tt.level-14 {
				if m.HumDBFS > tt.hum {
					t.Errorf("hum of %.1f dBFS where there is none", m.HumDBFS)
				}
			} else {
				about(t, "hum", m.HumDBFS, tt.hum, 1)
			}
			about(t, "tones", m.ToneSeconds, tt.tones, 0.1)
			if m.Clipped != 0 {
				t.Errorf("clipped %v", m.Clipped)
			}
		})
	}
}

func about(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s %.2f, want %.2f", what, got, want)
	}
}

// make8k makes samples at 8 kHz from a function of the time in seconds.
func make8k(seconds float64, at func(t float64) float64) []int16 {
	samples := make([]int16, int(seconds*8000))
	for i := range samples {
		v := math.Round(at(float64(i) / 8000))
		samples[i] = int16(max(min(v, 32767), -32768))
	}
	return samples
}

func sine(hz, dbfs float64) func(float64) float64 {
	amplitude := fullScale * math.Sqrt2 * math.Pow(10, dbfs/20)
	return func(t float64) float64 { return amplitude * math.Sin(2*math.Pi*hz*t) }
}

func TestMeasureOfNothing(t *testing.T) {
	for _, samples := range [][]int16{nil, {0}, make([]int16, 159), make([]int16, 8000)} {
		m := Measure(samples, 8000)
		if m.LevelDBFS != silenceDBFS || m.PeakDBFS != silenceDBFS || m.HumDBFS != silenceDBFS || m.NoiseDBFS != silenceDBFS {
			t.Errorf("%d zeros: %+v", len(samples), m)
		}
		if m.Seconds != float64(len(samples))/8000 || m.SpeechSeconds != 0 || m.ToneSeconds != 0 || m.Clipped != 0 {
			t.Errorf("%d zeros: %+v", len(samples), m)
		}
	}
}

func TestMeasureOfLessThanAFrame(t *testing.T) {
	m := Measure([]int16{-32768, 16384, 32767}, 8000)
	if m.PeakDBFS != 0 || m.Clipped != 2.0/3 || m.Seconds != 3.0/8000 || m.LevelDBFS < -6 {
		t.Errorf("%+v", m)
	}
}

func TestLevelLeavesDirectCurrentOut(t *testing.T) {
	m := Measure(make8k(1, func(t float64) float64 { return 4000 + sine(1000, -40)(t) }), 8000)
	about(t, "level", m.LevelDBFS, -40, 0.05)
	about(t, "noise", m.NoiseDBFS, -40, 0.1)
}

func TestPeakAndClipping(t *testing.T) {
	m := Measure(make8k(1, sine(500, -6)), 8000)
	about(t, "peak", m.PeakDBFS, -3, 0.05)
	about(t, "clipped", m.Clipped, 0, 0)
	// Twice too loud: |sin| is above a half for two thirds of the time.
	m = Measure(make8k(1, sine(501, 3)), 8000)
	about(t, "peak", m.PeakDBFS, 0, 0.01)
	about(t, "clipped", m.Clipped, 2.0/3, 0.02)
}

func TestHumIsFoundAtEitherMains(t *testing.T) {
	for _, dbfs := range []float64{-20, -40, -60} {
		for hz, within := range map[float64]float64{49.9: 0.1, 50: 0.1, 50.1: 0.1, 60: 1.5, 100: 0.1, 150: 0.1} {
			m := Measure(make8k(4, sine(hz, dbfs)), 8000)
			about(t, "hum", m.HumDBFS, dbfs, within)
			about(t, "speech", m.SpeechSeconds, 0, 0)
		}
	}
}

// Every key, quiet and 60 ms long each time, is a tone and not a voice.
func TestKeysAreTones(t *testing.T) {
	rows, columns := []float64{697, 770, 852, 941}, []float64{1209, 1336, 1477, 1633}
	for _, row := range rows {
		for _, column := range columns {
			low, high := sine(row, -28), sine(column, -26)
			m := Measure(make8k(2, func(t float64) float64 {
				if math.Mod(t, 0.5) >= 0.06 {
					return 0
				}
				return low(t) + high(t)
			}), 8000)
			if m.ToneSeconds < 0.2 || m.SpeechSeconds > 0 {
				t.Errorf("%v+%v Hz: %+v", row, column, m)
			}
		}
	}
}

// A voice that holds one note is not as steady as a machine.
func TestWaveringNoteIsNoTone(t *testing.T) {
	note := sine(310, -25)
	m := Measure(make8k(4, func(t float64) float64 {
		return note(t) * math.Pow(10, 3*math.Sin(2*math.Pi*6*t)/20)
	}), 8000)
	if m.ToneSeconds > 1 {
		t.Errorf("%.2f of 4 s are tones", m.ToneSeconds)
	}
}

// Traffic swells and fades, sets in and stops, and is no speech.
func TestSwellingNoiseIsNoSpeech(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 3))
	for _, dbfs := range []float64{-55, -40, -25} {
		m := Measure(make8k(12, func(t float64) float64 {
			if math.Mod(t, 4) < 1.5 {
				return 0
			}
			swell := dbfs + 2*math.Sin(2*math.Pi*1.3*t)
			return r.NormFloat64() * fullScale * math.Pow(10, swell/20)
		}), 8000)
		about(t, "speech", m.SpeechSeconds, 0, 0)
	}
}

// Steady noise is no speech, nor where it sets in, changes its level, or stops.
func TestSteadyNoiseIsNoSpeech(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, dbfs := range []float64{-65, -55, -45, -35, -25} {
		amplitude := fullScale * math.Pow(10, dbfs/20)
		steps := []float64{1, 0, 1.4, 1.4, 0.8, 0, 0, 1}
		m := Measure(make8k(8, func(t float64) float64 {
			return r.NormFloat64() * amplitude * steps[int(t)]
		}), 8000)
		about(t, "speech", m.SpeechSeconds, 0, 0)
	}
}

// The same speech is found at other rates.
func TestSpeechAtOtherRates(t *testing.T) {
	a, err := Read("testdata/speech-fr.wav")
	if err != nil {
		t.Fatal(err)
	}
	want := Measure(a.Samples, a.Rate)
	for _, times := range []int{2, 3, 6} {
		var samples []int16
		for i, s := range a.Samples[1:] {
			from := a.Samples[i]
			for k := range times { // on a straight line
				samples = append(samples, from+int16((int(s)-int(from))*k/times))
			}
		}
		got := Measure(samples, a.Rate*times)
		about(t, "speech", got.SpeechSeconds, want.SpeechSeconds, 0.1)
		about(t, "level", got.LevelDBFS, want.LevelDBFS, 1)
		about(t, "tones", got.ToneSeconds, 0, 0.06)
	}
}

func TestMinima(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		values := make([]float32, 1+r.IntN(60))
		for i := range values {
			values[i] = float32(r.IntN(10))
		}
		n := 1 + r.IntN(len(values))
		got := minima(values, n)
		for i := range len(values) - n + 1 {
			if want := slices.Min(values[i : i+n]); got[i] != want {
				t.Fatalf("%v by %d: %v at %d, want %v", values, n, got[i], i, want)
			}
		}
		if len(got) != len(values)-n+1 {
			t.Fatalf("%d minima", len(got))
		}
	}
}
