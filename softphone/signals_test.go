package softphone

import (
	"math"
	"math/rand/v2"
)

func beepTone(hz float64, samples int) []int16 {
	out := make([]int16, samples)
	for i := range out {
		out[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return out
}

// babble is noise that swells and fades: what is said, as far as the line is
// concerned.
func babble(seed uint64, samples int) []int16 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]int16, samples)
	last := 0.0
	for i := range out {
		last = 0.7*last + 0.3*(2*r.Float64()-1)
		out[i] = int16(20000 * last * (0.6 + 0.4*math.Sin(2*math.Pi*3*float64(i)/8000)))
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
