package wav

import (
	"math"
	"slices"
)

// How pitch is looked for: in the sound below 1 kHz, of which 2000 values a
// second are enough, over 40 ms at a time.
const (
	voicingFrame = 40                     // values of a frame
	voicingSpan  = 2 * voicingFrame       // that are compared at a time
	pitchFrom    = 5                      // 400 Hz: the highest voices
	pitchTo      = 30                     // 67 Hz: the lowest
	steadyFrom   = 90                     // 45 ms: several periods ago
	steadyTo     = 149                    // 75 ms
	voicingPast  = voicingSpan + steadyTo // values that are kept
)

// voicing is what is kept to look for the pitch when it is asked for. What
// sounds with a pitch is like itself one period ago; a tone or an instrument's
// note still is so several periods later, and a voice, whose pitch never stands
// still, is not.
type voicing struct {
	first  int       // the frame whose values are the first that are kept whole
	values []float64 // whole numbers: of the frames from there on, after voicingBefore of those before, or 0
}

// voicingBefore is how many values before a frame are looked at with it.
const voicingBefore = voicingPast - voicingFrame

// next is where the values of the next frame belong.
func (v *voicing) next() *[voicingFrame]float64 {
	n := len(v.values)
	v.values = slices.Grow(v.values, voicingFrame)[:n+voicingFrame]
	return (*[voicingFrame]float64)(v.values[n:])
}

// forget drops the values of all frames before the one that comes next.
func (v *voicing) forget() {
	v.first += (len(v.values) - voicingBefore) / voicingFrame
	v.values = v.values[:copy(v.values, v.values[len(v.values)-voicingBefore:])]
}

// alike is how much frame i and the one before it are like what was from..to
// values earlier, where they are most so: their correlation there, from 0 to 1.
// from and to have an odd and an even number, or the other way round: lags come
// in pairs, and none follows a pair in which one is enough. All sums are of whole
// numbers below 2^53 and thus exact, on any processor.
func (v *voicing) alike(i, from, to int, enough float64) float32 {
	const start = voicingPast - voicingSpan
	past := (*[voicingPast]float64)(v.values[(i-v.first)*voicingFrame:])
	now := (*[voicingSpan]float64)(past[start:])
	energy := sumOfSquares(now)
	if energy == 0 {
		return 0
	}
	before := sumOfSquares((*[voicingSpan]float64)(past[start-from:]))
	// Numbers from 0 on rise with their bits, and whole ones are compared without
	// a branch, which no processor could foresee.
	best, least := int64(0), int64(math.Float64bits(enough*enough*energy))
	for lag := from; ; lag += lagsAtOnce {
		then := (*[voicingSpan + lagsAtOnce - 1]float64)(past[start-lag-(lagsAtOnce-1):])
		var products [lagsAtOnce]float64
		inner(now, then, &products)
		for k := 0; k < lagsAtOnce; k += 2 {
			best = max(best, likeness(products[k], before))
			before += then[2-k]*then[2-k] - then[voicingSpan+2-k]*then[voicingSpan+2-k]
			best = max(best, likeness(products[k+1], before))
			if best >= least || lag+k+1 >= to {
				return float32(math.Sqrt(math.Float64frombits(uint64(best)) / energy))
			}
			in, out := past[start-lag-2-k], then[voicingSpan+1-k]
			before += in*in - out*out
		}
	}
}

// likeness is the bits of product²/energy, and less than 0 where the product is.
func likeness(product, energy float64) int64 {
	if energy == 0 {
		return 0
	}
	return int64(math.Float64bits(product * math.Abs(product) / energy))
}

func sumOfSquares(x *[voicingSpan]float64) (sum float64) {
	var s0, s1, s2, s3 float64
	for i := 0; i < voicingSpan; i += 4 {
		x := (*[4]float64)(x[i:])
		s0 += x[0] * x[0]
		s1 += x[1] * x[1]
		s2 += x[2] * x[2]
		s3 += x[3] * x[3]
	}
	return s0 + s1 + s2 + s3
}

const lagsAtOnce = 4

// inner are the sums of now times then, where that comes latest and thus the
// lag is least, and where it comes one to three values earlier. Each value is
// loaded once for four sums.
func inner(now *[voicingSpan]float64, then *[voicingSpan + lagsAtOnce - 1]float64, products *[lagsAtOnce]float64) {
	var s0, s1, s2, s3 float64
	p, q, r := then[0], then[1], then[2]
	for i := 0; i < voicingSpan; i += 4 {
		now, next := (*[4]float64)(now[i:]), (*[4]float64)(then[i+3:])
		a, s := now[0], next[0]
		s3 += a * p
		s2 += a * q
		s1 += a * r
		s0 += a * s
		a, p = now[1], next[1]
		s3 += a * q
		s2 += a * r
		s1 += a * s
		s0 += a * p
		a, q = now[2], next[2]
		s3 += a * r
		s2 += a * s
		s1 += a * p
		s0 += a * q
		a, r = now[3], next[3]
		s3 += a * s
		s2 += a * p
		s1 += a * q
		s0 += a * r
	}
	*products = [lagsAtOnce]float64{s0, s1, s2, s3}
}
