package audio

import (
	"math"
	"math/rand/v2"
	"time"
)

// Signals for the tests. A level in dB is that of the peak under full scale.

func amplitude(db float64) float64 { return 32767 * math.Pow(10, db/20) }

func samplesOf(d time.Duration) int { return int(d * Rate / time.Second) }

func tone(hz, db float64, samples int) []int16 {
	out := make([]int16, samples)
	for i := range out {
		out[i] = int16(amplitude(db) * math.Sin(2*math.Pi*hz*float64(i)/Rate))
	}
	return out
}

// faded makes the first and last 20 ms swell and fade, as a recorded beep has it.
func faded(samples []int16) []int16 {
	edge := samplesOf(20 * time.Millisecond)
	for i := range min(edge, len(samples)/2) {
		share := float64(i) / float64(edge)
		samples[i] = int16(share * float64(samples[i]))
		last := len(samples) - 1 - i
		samples[last] = int16(share * float64(samples[last]))
	}
	return samples
}

func noise(seed uint64, db float64, samples int) []int16 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]int16, samples)
	for i := range out {
		out[i] = int16(amplitude(db) * (2*r.Float64() - 1))
	}
	return out
}

// voice is a throat: pulses at a pitch that wavers, through three resonances
// that move on every 120 ms, loud and soft by turns as syllables are. It is
// not beautiful.
func voice(seed uint64, pitch, db float64, samples int) []int16 {
	r := rand.New(rand.NewPCG(seed, 2))
	vowels := [][3]float64{{730, 1090, 2440}, {270, 2290, 3010}, {300, 870, 2240}, {530, 1840, 2480}, {570, 840, 2410}}
	raw := make([]float64, samples)
	var y [3][2]float64
	vowel, phase, loudest := vowels[0], 0.0, 0.0
	for i := range raw {
		if i%samplesOf(120*time.Millisecond) == 0 {
			vowel = vowels[r.IntN(len(vowels))]
		}
		waver := 1 + 0.04*math.Sin(2*math.Pi*5*float64(i)/Rate) + 0.01*(r.Float64()-0.5)
		phase += pitch * waver / Rate
		pulse := 0.02 * (r.Float64() - 0.5)
		if phase >= 1 {
			phase--
			pulse++
		}
		x := pulse
		for k, hz := range vowel {
			const radius = 0.97
			out := x + 2*radius*math.Cos(2*math.Pi*hz/Rate)*y[k][0] - radius*radius*y[k][1]
			y[k][0], y[k][1] = out, y[k][0]
			x = out
		}
		syllable := 0.55 + 0.45*math.Sin(2*math.Pi*4*float64(i)/Rate)
		raw[i] = x * syllable
		loudest = max(loudest, math.Abs(raw[i]))
	}
	out := make([]int16, samples)
	for i, x := range raw {
		out[i] = int16(amplitude(db) * x / loudest)
	}
	return out
}

func mix(a, b []int16) []int16 {
	out := make([]int16, max(len(a), len(b)))
	for i := range out {
		var sum int
		if i < len(a) {
			sum += int(a[i])
		}
		if i < len(b) {
			sum += int(b[i])
		}
		out[i] = int16(max(-32768, min(32767, sum)))
	}
	return out
}

func join(parts ...[]int16) []int16 {
	var out []int16
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func silence(d time.Duration) []int16 { return make([]int16, samplesOf(d)) }

// overTheLine is what a law leaves of the samples.
func overTheLine(law Law, samples []int16) []int16 {
	return law.Decode(nil, law.Encode(nil, samples))
}
