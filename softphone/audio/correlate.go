package audio

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// correlate returns the cross-correlation of a and b at every lag at which
// they overlap: element k is the sum of a[i]*b[i+k-(len(a)-1)], so that index
// len(a)-1 is lag 0. It goes through a Fourier transform, because two minutes
// against two minutes directly are a million million products.
func correlate(a, b []int16) []float64 {
	n := len(a) + len(b) - 1
	size := 1 << bits.Len(uint(n-1))
	// One transform for both: a reversed as the real, b as the imaginary part.
	z := make([]complex128, size)
	for i, x := range a {
		z[len(a)-1-i] = complex(float64(x), 0)
	}
	for i, x := range b {
		z[i] += complex(0, float64(x))
	}
	transform(z, false)
	product := make([]complex128, size)
	for k := range z {
		mirror := cmplx.Conj(z[-k&(size-1)])
		fa := (z[k] + mirror) / 2
		fb := (z[k] - mirror) / 2i
		product[k] = fa * fb
	}
	transform(product, true)
	out := make([]float64, n)
	for k := range out {
		out[k] = real(product[k]) / float64(size)
	}
	return out
}

// transform is the fast Fourier transform, in place, for lengths that are
// powers of two; the inverse is not divided by the length.
func transform(z []complex128, inverse bool) {
	n := len(z)
	shift := bits.UintSize - bits.Len(uint(n-1))
	for i := 1; i < n; i++ {
		if j := int(bits.Reverse(uint(i)) >> shift); i < j {
			z[i], z[j] = z[j], z[i]
		}
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	// Every root is computed by itself: multiplying up to half a million of
	// them would let the rounding grow.
	roots := make([]complex128, n/2)
	for i := range roots {
		roots[i] = cmplx.Rect(1, sign*2*math.Pi*float64(i)/float64(n))
	}
	for size := 2; size <= n; size *= 2 {
		half, stride := size/2, n/size
		for start := 0; start < n; start += size {
			for k := range half {
				even, odd := z[start+k], z[start+k+half]*roots[k*stride]
				z[start+k], z[start+k+half] = even+odd, even-odd
			}
		}
	}
}
