package wav

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// Whether pitch is looked for at each frame, or late and only where it matters,
// and whether the Meter is new: the measure is the same to the last bit.
func TestMeasureIsTheSameHoweverItIsMade(t *testing.T) {
	files, err := filepath.Glob("testdata/*.wav")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for range 2 {
		for _, file := range files {
			a, err := Read(file)
			if err != nil {
				t.Fatal(err)
			}
			b := pcm(a.Samples...)
			late := NewMeter(a.Rate)
			late.Take(b)
			want := late.Measure()
			for _, kept := range []int{1, 2, 49} {
				m := NewMeter(a.Rate)
				m.kept = kept
				m.Take(b)
				if got := m.Measure(); got != want {
					t.Errorf("%s, settled every %d frames: %+v, want %+v", file, kept, got, want)
				}
				if n := len(m.voicing.values); n >= voicingBefore+kept*voicingFrame {
					t.Errorf("%d values are kept of %d frames", n, kept)
				}
			}
			if got := Measure(a.Samples, a.Rate); got != want {
				t.Errorf("%s, by a Meter that was used before: %+v, want %+v", file, got, want)
			}
		}
	}
}

func TestHighpassOfATelephone(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	fast, any := NewMeter(telephone), NewMeter(telephone)
	for n := range 20 {
		for i := range fast.in {
			fast.in[i] = int16(r.Uint32())
			if n == 0 {
				fast.in[i] = math.MinInt16 + int16(i%2)*-1
			}
		}
		copy(any.in, fast.in)
		var lowFast, lowAny [voicingFrame]float64
		energy, product := fast.highpassTelephone(fast.high, &lowFast)
		energyAny, productAny := any.highpassAny(&lowAny)
		if energy != energyAny || product != productAny || !slices.Equal(fast.high, any.high) || fast.average != any.average {
			t.Fatalf("%d: energy %d and %d, product %d and %d", n, energy, energyAny, product, productAny)
		}
		for i := range lowFast {
			if math.Abs(lowFast[i]-lowAny[i]) > 1 { // halves are rounded down, or towards 0
				t.Fatalf("%d: %v and %v", n, lowFast[i], lowAny[i])
			}
		}
	}
}

func TestTotals(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for n := range 200 {
		x := make([]int16, n)
		var want totals
		want.samples = int64(n)
		for i := range x {
			x[i] = int16(r.Uint32())
			v := int64(x[i])
			want.sum, want.square, want.peak = want.sum+v, want.square+v*v, max(want.peak, v*v)
			if v <= -clipped || v >= clipped {
				want.clipped++
			}
		}
		got, bins := totalsOf(x)
		sum := int64(0)
		for i, bin := range bins {
			sum += bin
			for _, v := range x[i*n/humBins : (i+1)*n/humBins] {
				bin -= int64(v)
			}
			if bin != 0 {
				t.Errorf("%d samples: bin %d is off by %d", n, i, bin)
			}
		}
		if got != want || sum != want.sum {
			t.Errorf("%d samples: %+v, want %+v", n, got, want)
		}
	}
}

func TestNth(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 2))
	for range 2000 {
		values := make([]float32, 1+r.IntN(40))
		for i := range values {
			values[i] = float32(r.IntN(1 + r.IntN(20)))
		}
		sorted := slices.Sorted(slices.Values(values))
		n := r.IntN(len(values))
		if got := nth(slices.Clone(values), n); got != sorted[n] {
			t.Fatalf("number %d of %v: %v, want %v", n, values, got, sorted[n])
		}
	}
}

// The power of a key's frequency is that of Fourier's sum, in frames of an even
// and of an odd number of samples.
func TestPowerOfKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	for _, rate := range []int{telephone, 8050, 16000, 22050} {
		x := make([]int32, rate/framesPerSecond)
		for i := range x {
			x[i] = int32(r.IntN(200001) - 100000)
		}
		want := 0.0
		for _, hz := range keyColumns {
			var re, im float64
			for i, v := range x {
				sin, cos := math.Sincos(2 * math.Pi * hz / float64(rate) * float64(i))
				re, im = re+float64(v)*cos, im+float64(v)*sin
			}
			want = max(want, re*re+im*im)
		}
		k := newKeypad(rate)
		if got := k.columns.loudest(x); math.Abs(got-want) > want*1e-9 {
			t.Errorf("at %d Hz: %v, want %v", rate, got, want)
		}
	}
}

// What is known to be a voice by a part of its frames is one by all of them.
func TestVoiceByPartOfItsFrames(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 5))
	known := 0
	for range 5000 {
		m := NewMeter(telephone)
		voiced, moves := r.Float32(), r.Float32()
		for range 3 + r.IntN(60) {
			f := frame{stands: true, pitchKnown: true, steadyKnown: true, tilt: r.Float32(), level: -30 - 20*r.Float32()}
			if r.Float32() < voiced {
				f.look, f.pitchIs = lookHere, 0.4+0.6*r.Float32()
				f.steadyIs = 0.3 * r.Float32()
				if r.Float32() > moves {
					f.steadyIs = f.pitchIs
				}
			}
			m.frames = append(m.frames, f)
		}
		from := r.IntN(len(m.frames) - 2)
		s := m.soundOf(from, from+2+r.IntN(len(m.frames)-from-1), make([]float32, len(m.frames)))
		s.distinct = 20 * r.Float32()
		if s.speaks() {
			known++
			if what := s.judge(); what != heardVoice {
				t.Fatalf("%d of %+v", what, s)
			}
		}
	}
	if known < 500 {
		t.Errorf("%d of 5000 sounds are known to be voices", known)
	}
}
