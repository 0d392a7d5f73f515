package labelled

import (
	"math"
	"math/rand/v2"
)

// breath is somebody close to the telephone who says nothing. It is computed,
// and no recording of a person: noise through a mouth's resonances, that swells
// and fades.
func breath(r *rand.Rand, s, dbfs float64) []float64 {
	x := seconds(s)
	for at := between(r, 0, 0.8); at < s; {
		in := between(r, 0.5, 1.1)
		add(x, puff(r, in, between(r, 900, 1500)), at)
		at += in + between(r, 0.1, 0.4)
		out := between(r, 0.6, 1.5)
		add(x, scaled(puff(r, out, between(r, 500, 900)), between(r, -3, 4)), at)
		at += out + between(r, 0.5, 1.5)
	}
	return leveled(x, dbfs)
}

// puff is one breath.
func puff(r *rand.Rand, s, hz float64) []float64 {
	x := white(r, s)
	y := bandpass(hz*2.3, 1.2).run(append([]float64(nil), x...))
	bandpass(hz, 0.8).run(x)
	for i := range x {
		x[i] += 0.7 * y[i]
	}
	return faded(x, s/2.2)
}

// sobs are those of somebody who cries. They are computed, and no recording of a
// person: short voiced bursts whose pitch falls, in runs, with breath drawn in
// between.
func sobs(r *rand.Rand, s, dbfs float64) []float64 {
	x := seconds(s)
	pitch := between(r, 180, 380)
	for at := between(r, 0.2, 0.6); at < s-0.3; at += between(r, 0.3, 0.9) {
		for range 2 + r.IntN(4) {
			length := between(r, 0.08, 0.22)
			add(x, leveled(sob(r, length, pitch*between(r, 0.85, 1.2)), between(r, -5, 0)), at)
			at += length + between(r, 0.03, 0.12)
		}
		in := between(r, 0.25, 0.5)
		add(x, leveled(puff(r, in, between(r, 1000, 1600)), between(r, -14, -8)), at)
		at += in
	}
	return leveled(x, dbfs)
}

// moans are drawn-out vowels, of somebody who wails. They are computed too: pitch
// and loudness drift and tremble, as of a voice that nobody has trained.
func moans(r *rand.Rand, s, dbfs float64) []float64 {
	x := seconds(s)
	pitch := between(r, 110, 380)
	for at := between(r, 0.2, 0.8); at < s-0.5; at += between(r, 0.4, 1.2) {
		length := between(r, 0.6, 2)
		add(x, leveled(vowel(r, length, pitch*between(r, 0.85, 1.2)), between(r, -5, 0)), at)
		at += length
	}
	return leveled(x, dbfs)
}

// vowel is one of them: pulses through the resonances of a mouth.
func vowel(r *rand.Rand, s, hz float64) []float64 {
	x := white(r, s)
	glide, tremble, beat := between(r, -0.3, 0.1), between(r, 0.01, 0.04), between(r, 4, 7)
	sway, slow := between(r, 0.1, 0.35), between(r, 0.5, 2.5)
	phase := 0.0
	for i := range x {
		t := float64(i) / Rate
		phase += hz * (1 + glide*t/s) * (1 + tremble*math.Sin(2*math.Pi*beat*t)) * (1 + 0.01*r.NormFloat64()) / Rate
		x[i] *= 0.1
		if phase >= 1 {
			phase--
			x[i] += 6 * (1 + sway*math.Sin(2*math.Pi*slow*t)) * (1 + 0.05*r.NormFloat64())
		}
	}
	lowpass(between(r, 500, 900), 0.6).run(x) // a glottis is no impulse
	y := bandpass(between(r, 450, 850), 5).run(append([]float64(nil), x...))
	z := bandpass(between(r, 900, 2200), 7).run(append([]float64(nil), x...))
	for i := range x {
		x[i] = 0.3*x[i] + y[i] + 0.5*z[i]
	}
	return faded(x, 0.12)
}

// sob is one burst: pulses and breath through the resonances of an open mouth.
func sob(r *rand.Rand, s, hz float64) []float64 {
	x := white(r, s)
	phase := 0.0
	for i := range x {
		t := float64(i) / float64(len(x))
		phase += hz * (1.15 - 0.35*t) * (1 + 0.03*r.NormFloat64()) / Rate
		x[i] *= 0.25
		if phase >= 1 {
			phase--
			x[i] += 6
		}
	}
	lowpass(between(r, 500, 900), 0.6).run(x) // a glottis is no impulse
	y := bandpass(between(r, 550, 850), 5).run(append([]float64(nil), x...))
	z := bandpass(between(r, 1100, 1700), 7).run(append([]float64(nil), x...))
	for i := range x {
		t := float64(i) / float64(len(x))
		x[i] = (0.3*x[i] + y[i] + 0.5*z[i]) * math.Sin(math.Pi*math.Sqrt(t))
	}
	return x
}
