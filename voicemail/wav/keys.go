package wav

import "math"

// The frequencies of the keys of a telephone, in Hz (ITU-T Q.23).
var (
	keyRows    = [4]float64{697, 770, 852, 941}
	keyColumns = [4]float64{1209, 1336, 1477, 1633}
)

// What makes a frame a key's: nearly all of it is one of each, and neither
// drowns the other (Q.24 lets them differ by 4 to 8 dB).
const (
	keyShare = 0.6
	keyLeast = 0.06
)

// keypad holds what finds the frequencies in a frame.
type keypad struct{ rows, columns waves }

// waves are the cosines and sines of four frequencies, counted from the middle
// of a frame to its end: both halves have the same.
type waves []struct{ cosines, sines [4]float64 }

// telephoneKeypad is that of nearly all recordings.
var telephoneKeypad = makeKeypad(telephone)

func newKeypad(rate int) keypad {
	if rate == telephone {
		return telephoneKeypad
	}
	return makeKeypad(rate)
}

func makeKeypad(rate int) keypad {
	return keypad{makeWaves(&keyRows, rate), makeWaves(&keyColumns, rate)}
}

func makeWaves(hz *[4]float64, rate int) waves {
	length := rate / framesPerSecond
	w := make(waves, (length+1)/2)
	for i := range w {
		weight, from := 1.0, float64(i)
		switch {
		case length%2 == 0:
			from += 0.5
		case i == 0:
			weight = 0.5 // the sample in the middle is in both halves
		}
		for k := range hz {
			sin, cos := math.Sincos(2 * math.Pi * hz[k] / float64(rate) * from)
			w[i].cosines[k], w[i].sines[k] = cos*weight, sin*weight
		}
	}
	return w
}

// pressed reports whether x, of that energy and tilt, is the sound of a key and
// nothing else.
func (k *keypad) pressed(x []int32, energy float64, tilt float32) bool {
	if tilt < 0.2 || tilt > 0.86 {
		return false
	}
	all := energy * float64(len(x)) / 2 // of a pure tone
	column := k.columns.loudest(x)
	if !(column > keyLeast*all) {
		return false // as of most of what is said
	}
	row := k.rows.loudest(x)
	return row+column > keyShare*all && row > keyLeast*all
}

// loudest is the greatest of the powers at the four frequencies in x.
func (w waves) loudest(x []int32) float64 {
	var c0, c1, c2, c3, s0, s1, s2, s3 float64
	left, right := x[:(len(x)+1)/2], x[len(x)/2:]
	left, right = left[:len(w)], right[:len(w)]
	for i := range w {
		a, b := right[i], left[len(left)-1-i]
		even, odd := float64(a+b), float64(a-b)
		w := &w[i]
		c0 += even * w.cosines[0]
		c1 += even * w.cosines[1]
		c2 += even * w.cosines[2]
		c3 += even * w.cosines[3]
		s0 += odd * w.sines[0]
		s1 += odd * w.sines[1]
		s2 += odd * w.sines[2]
		s3 += odd * w.sines[3]
	}
	return max(c0*c0+s0*s0, c1*c1+s1*s1, c2*c2+s2*s2, c3*c3+s3*s3)
}
