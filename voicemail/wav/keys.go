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
// of a frame to its end: both halves have the same, but for the sines' sign.
type waves struct{ cosines, sines wave }

type wave [][4]float64

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

func makeWaves(hz *[4]float64, rate int) (w waves) {
	length := rate / framesPerSecond
	w.cosines, w.sines = make(wave, (length+1)/2), make(wave, (length+1)/2)
	for i := range w.cosines {
		weight, from := 1.0, float64(i)
		switch {
		case length%2 == 0:
			from += 0.5
		case i == 0:
			weight = 0.5 // the sample in the middle is in both halves
		}
		for k := range hz {
			sin, cos := math.Sincos(2 * math.Pi * hz[k] / float64(rate) * from)
			w.cosines[i][k], w.sines[i][k] = cos*weight, sin*weight
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
func (w *waves) loudest(x []int32) (most float64) {
	c, s := w.cosines.sums(x, 1), w.sines.sums(x, -1)
	for k := range c {
		most = max(most, c[k]*c[k]+s[k]*s[k])
	}
	return most
}

// sums are those of x from its middle on, plus sign times what is as far before
// the middle, times the wave.
func (w wave) sums(x []int32, sign int32) [4]float64 {
	var a, b, c, d float64
	left, right := x[:len(w)], x[len(x)-len(w):]
	for i, after := range right {
		before := left[len(left)-1-i]
		v, wave := float64(after+sign*before), &w[i]
		a += v * wave[0]
		b += v * wave[1]
		c += v * wave[2]
		d += v * wave[3]
	}
	return [4]float64{a, b, c, d}
}
