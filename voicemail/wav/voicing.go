package wav

import "math"

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

// voicing follows the pitch. What sounds with a pitch is like itself one period
// ago; a tone or an instrument's note still is so several periods later, and a
// voice, whose pitch never stands still, is not.
type voicing struct {
	past [voicingPast]float64 // whole numbers, the latest last
}

// take takes a frame of samples times some factor below 2000, which makes no
// difference.
func (v *voicing) take(x []int32) {
	copy(v.past[:], v.past[voicingFrame:])
	values := (*[voicingFrame]float64)(v.past[voicingPast-voicingFrame:])
	if len(x) == 4*voicingFrame { // 8 kHz
		from := (*[4 * voicingFrame]int32)(x)
		for i := range values {
			values[i] = float64((int(from[4*i]) + int(from[4*i+1]) + int(from[4*i+2]) + int(from[4*i+3])) >> 6)
		}
		return
	}
	for i := range values {
		from := i * len(x) / voicingFrame
		to := max((i+1)*len(x)/voicingFrame, from+1)
		sum := 0
		for _, s := range x[from:to] {
			sum += int(s)
		}
		values[i] = float64(sum / (to - from) >> 4)
	}
}

// alike is how much the latest 40 ms are like what was from..to values before,
// where they are most so: their correlation there, from 0 to 1. from and to
// have an odd and an even number, or the other way round, so that lags come in
// pairs. All sums are of whole numbers below 2^53 and thus exact, on any
// processor.
func (v *voicing) alike(from, to int, enough float64) float32 {
	const start = voicingPast - voicingSpan
	now := (*[voicingSpan]float64)(v.past[start:])
	energy := sumOfSquares(now)
	if energy == 0 {
		return 0
	}
	before := sumOfSquares((*[voicingSpan]float64)(v.past[start-from:]))
	best := 0.0
	enough *= enough * energy
	for lag := from; lag < to && best < enough; lag += 2 {
		then := (*[voicingSpan + 1]float64)(v.past[start-lag-1:])
		further, near := inner(now, then)
		if near > 0 && near*near > best*before {
			best = near * near / before
		}
		before += then[0]*then[0] - then[voicingSpan]*then[voicingSpan]
		if further > 0 && further*further > best*before {
			best = further * further / before
		}
		if lag+2 < to {
			in, out := v.past[start-lag-2], then[voicingSpan-1]
			before += in*in - out*out
		}
	}
	return float32(math.Sqrt(best / energy))
}

func sumOfSquares(x *[voicingSpan]float64) (sum float64) {
	for _, s := range x {
		sum += s * s
	}
	return sum
}

// inner are the sums of now times then and of now times then one later. Two
// at a time cost little more than one.
func inner(now *[voicingSpan]float64, then *[voicingSpan + 1]float64) (first, second float64) {
	var s0, s1, t0, t1 float64
	for i := 0; i < voicingSpan; i += 2 {
		a, b := now[i], now[i+1]
		p, q, r := then[i], then[i+1], then[i+2]
		s0 += a * p
		t0 += a * q
		s1 += b * q
		t1 += b * r
	}
	return s0 + s1, t0 + t1
}
