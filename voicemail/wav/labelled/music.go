package labelled

import (
	"math"
	"math/rand/v2"
)

// hold is music as a small switchboard makes it by itself: a melody of one
// voice or with chords under it, of one of several timbres.
func hold(r *rand.Rand, s, dbfs float64) []float64 {
	scale := []float64{0, 2, 4, 5, 7, 9, 11, 12, 14, 16}
	root := between(r, 220, 440)
	beat := between(r, 0.15, 0.45)
	timbre, chords := r.IntN(4), r.IntN(2) == 0
	x := seconds(s)
	degree := r.IntN(len(scale))
	for at := -between(r, 0, beat); at < s; {
		length := beat * float64(1+r.IntN(3))
		degree = min(max(degree+r.IntN(5)-2, 0), len(scale)-1)
		add(x, note(root*math.Pow(2, scale[degree]/12), length*1.1, timbre), at)
		if chords {
			for _, third := range []int{0, 4, 7} {
				add(x, scaled(note(root/2*math.Pow(2, float64(third)/12), length*1.1, timbre), -9), at)
			}
		}
		at += length
	}
	return leveled(x, dbfs)
}

// note is one of an instrument.
func note(hz, s float64, timbre int) []float64 {
	x := seconds(s)
	for i := range x {
		t := float64(i) / Rate
		phase := 2 * math.Pi * hz * t
		switch timbre {
		case 0: // a pure tone
			x[i] = math.Sin(phase)
		case 1: // an organ
			x[i] = math.Sin(phase) + 0.5*math.Sin(2*phase) + 0.3*math.Sin(3*phase) + 0.15*math.Sin(4*phase)
		case 2: // plucked
			for k := 1.0; k <= 4; k++ {
				x[i] += math.Exp(-t*(2+1.5*k)) * math.Sin(k*phase) / k
			}
		case 3: // a square wave, as old chips make it
			for k := 1.0; k <= 5 && k*hz < 3400; k += 2 {
				x[i] += math.Sin(k*phase) / k
			}
		}
	}
	return faded(x, 0.008)
}
