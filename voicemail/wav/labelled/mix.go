package labelled

import (
	"math"
	"math/rand/v2"
	"sync"

	"github.com/zaf/g711"
)

// fullScale is 0 dBFS.
const fullScale = 32768

// gain is a factor for a change in dB.
func gain(db float64) float64 { return math.Pow(10, db/20) }

// amplitude is the RMS of what has the level.
func amplitude(dbfs float64) float64 { return fullScale * gain(dbfs) }

// seconds is so much silence.
func seconds(s float64) []float64 { return make([]float64, int(s*Rate)) }

// between draws a number.
func between(r *rand.Rand, from, to float64) float64 { return from + (to-from)*r.Float64() }

// scaled is x, by a change in dB.
func scaled(x []float64, db float64) []float64 {
	factor := gain(db)
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v * factor
	}
	return out
}

// leveled is x at the level, by the RMS of where it sounds: of the 20 ms that
// come within 25 dB of the loudest.
func leveled(x []float64, dbfs float64) []float64 {
	const frame = Rate / 50
	var powers []float64
	loudest := 0.0
	for i := 0; i+frame <= len(x); i += frame {
		p := power(x[i : i+frame])
		powers = append(powers, p)
		loudest = max(loudest, p)
	}
	sum, n := 0.0, 0
	for _, p := range powers {
		if p > loudest*gain(-50) { // of powers: 25 dB
			sum += p
			n++
		}
	}
	if n == 0 {
		return x
	}
	factor := amplitude(dbfs) / math.Sqrt(sum/float64(n))
	for i := range x {
		x[i] *= factor
	}
	return x
}

// power is the mean square.
func power(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum / float64(max(len(x), 1))
}

// add mixes y into x from the time on, in seconds.
func add(x, y []float64, at float64) []float64 {
	from := int(at * Rate)
	for i, v := range y {
		if k := from + i; k >= 0 && k < len(x) {
			x[k] += v
		}
	}
	return x
}

// joined are sounds one after the other.
func joined(parts ...[]float64) []float64 {
	var all []float64
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// faded begins and ends softly, over so many seconds.
func faded(x []float64, s float64) []float64 {
	n := min(int(s*Rate), len(x)/2)
	for i := range n {
		w := (1 - math.Cos(math.Pi*float64(i)/float64(n))) / 2
		x[i] *= w
		x[len(x)-1-i] *= w
	}
	return x
}

// trunk is what is left of a sound after a telephone line: A-law, and full scale.
func trunk(x []float64) []int16 {
	law, out := aLaw(), make([]int16, len(x))
	for i, v := range x {
		out[i] = law[int(max(min(math.Round(v), 32767), -32768))+32768]
	}
	return out
}

// aLaw is what becomes of each sample.
var aLaw = sync.OnceValue(func() *[1 << 16]int16 {
	var table [1 << 16]int16
	for i := range table {
		table[i] = g711.DecodeAlawFrame(g711.EncodeAlawFrame(int16(i - 32768)))
	}
	return &table
})

// filter is a biquad in the transposed direct form II.
type filter struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (f *filter) step(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// run filters x in place.
func (f *filter) run(x []float64) []float64 {
	for i, v := range x {
		x[i] = f.step(v)
	}
	return x
}

// The filters of R. Bristow-Johnson's cookbook: around hz, with quality q.

func lowpass(hz, q float64) *filter {
	sin, cos := math.Sincos(2 * math.Pi * hz / Rate)
	alpha := sin / (2 * q)
	a0 := 1 + alpha
	return &filter{b0: (1 - cos) / 2 / a0, b1: (1 - cos) / a0, b2: (1 - cos) / 2 / a0, a1: -2 * cos / a0, a2: (1 - alpha) / a0}
}

func highpass(hz, q float64) *filter {
	sin, cos := math.Sincos(2 * math.Pi * hz / Rate)
	alpha := sin / (2 * q)
	a0 := 1 + alpha
	return &filter{b0: (1 + cos) / 2 / a0, b1: -(1 + cos) / a0, b2: (1 + cos) / 2 / a0, a1: -2 * cos / a0, a2: (1 - alpha) / a0}
}

func bandpass(hz, q float64) *filter {
	sin, cos := math.Sincos(2 * math.Pi * hz / Rate)
	alpha := sin / (2 * q)
	a0 := 1 + alpha
	return &filter{b0: alpha / a0, b2: -alpha / a0, a1: -2 * cos / a0, a2: (1 - alpha) / a0}
}
