package audio

import (
	"math"
	"math/cmplx"
)

// sine is the one sine wave that describes a frame best.
type sine struct {
	hz     float64
	level  float64 // of the whole frame, dBFS
	purity float64 // share of the frame's energy that the sine explains, 0 to 1
}

// fitSine finds the sine that explains most of a frame. It needs no table of
// frequencies, so that any beep is found, not only one of 1000 Hz. A frame
// that oscillates at no frequency (silence, a step) has purity 0.
func fitSine(frame []int16, rate int) sine {
	sum := energy(frame)
	s := sine{level: powerDB(sum / float64(len(frame)))}
	w, ok := coarseFrequency(frame)
	if !ok {
		return s
	}
	// Noise pulls the coarse estimate towards a quarter of the rate. Two turns
	// of looking at how the phase drifts against the estimate put it right:
	// first between short blocks, which allows for a large error, then between
	// long ones, which is exact.
	for _, blocks := range []int{4, 2} {
		w += phaseDrift(frame, w, blocks)
	}
	if w <= 0 || w >= math.Pi {
		return s
	}
	s.hz = w * float64(rate) / (2 * math.Pi)
	s.purity = explained(frame, w) / sum
	return s
}

// coarseFrequency uses that a sine obeys x[n-1]+x[n+1] = 2cos(w)x[n]. The
// frequency is in radians a sample.
func coarseFrequency(frame []int16) (float64, bool) {
	var num, den float64
	for n := 1; n < len(frame)-1; n++ {
		x := float64(frame[n])
		num += x * (float64(frame[n-1]) + float64(frame[n+1]))
		den += 2 * x * x
	}
	if den == 0 || math.Abs(num) >= den {
		return 0, false
	}
	return math.Acos(num / den), true
}

// phaseDrift is the mean turn of phase, in radians a sample, between
// neighbouring blocks of the frame after shifting it down by w.
func phaseDrift(frame []int16, w float64, blocks int) float64 {
	size := len(frame) / blocks
	step, turn := cmplx.Rect(1, -w), complex(1, 0)
	var turned, previous complex128
	for b := range blocks {
		var sum complex128
		for _, x := range frame[b*size : (b+1)*size] {
			sum += complex(float64(x), 0) * turn
			turn *= step
		}
		if b > 0 {
			turned += sum * cmplx.Conj(previous)
		}
		previous = sum
	}
	return cmplx.Phase(turned) / float64(size)
}

// explained is the energy of the least-squares fit of a sine of frequency w.
func explained(frame []int16, w float64) float64 {
	var cc, ss, cs, xc, xs float64
	step, turn := cmplx.Rect(1, w), complex(1, 0)
	for _, v := range frame {
		x, c, s := float64(v), real(turn), imag(turn)
		cc, ss, cs = cc+c*c, ss+s*s, cs+c*s
		xc, xs = xc+x*c, xs+x*s
		turn *= step
	}
	det := cc*ss - cs*cs
	if det <= 0 {
		return 0
	}
	return (xc*xc*ss - 2*xc*xs*cs + xs*xs*cc) / det
}
