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

// keypad holds what finds the frequencies at a rate: twice the cosines of the
// angles that they advance by with each sample.
type keypad struct{ rows, columns [4]float64 }

func newKeypad(rate int) (k keypad) {
	for i := range keyRows {
		k.rows[i] = 2 * math.Cos(2*math.Pi*keyRows[i]/float64(rate))
		k.columns[i] = 2 * math.Cos(2*math.Pi*keyColumns[i]/float64(rate))
	}
	return k
}

// pressed reports whether x, of that tilt, is the sound of a key and nothing
// else.
func (k *keypad) pressed(x []int32, tilt float32) bool {
	if tilt < 0.2 || tilt > 0.86 {
		return false
	}
	energy := 0.0
	for _, v := range x {
		energy += float64(v) * float64(v)
	}
	all := energy * float64(len(x)) / 2 // of a pure tone
	column := loudest(x, &k.columns)
	if !(column > keyLeast*all) {
		return false // as of most of what is said
	}
	row := loudest(x, &k.rows)
	return row+column > keyShare*all && row > keyLeast*all
}

// loudest is the greatest of the powers at four frequencies, by Goertzel's
// algorithm.
func loudest(x []int32, turns *[4]float64) float64 {
	a, b, c, d := turns[0], turns[1], turns[2], turns[3]
	var a1, a2, b1, b2, c1, c2, d1, d2 float64
	for _, v := range x {
		v := float64(v)
		a1, a2 = (v-a2)+a*a1, a1
		b1, b2 = (v-b2)+b*b1, b1
		c1, c2 = (v-c2)+c*c1, c1
		d1, d2 = (v-d2)+d*d1, d1
	}
	return max(
		a1*a1+a2*a2-a*a1*a2,
		b1*b1+b2*b2-b*b1*b2,
		c1*c1+c2*c2-c*c1*c2,
		d1*d1+d2*d2-d*d1*d2,
	)
}
