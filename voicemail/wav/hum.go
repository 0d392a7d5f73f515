package wav

import "math"

// humBins are how many sums a frame is cut into to look for hum: at 500 sums
// a second, 50, 100 and 150 Hz are the first three of their ten frequencies.
const humBins = 10

// humWave holds cosine and sine of the three frequencies, scaled so that the
// squares of the correlations add up to the mean square of the hum. The scale
// also makes up for what summing takes from the higher ones.
var humWave = func() (w [humBins][6]float64) {
	for k := 1; k <= 3; k++ {
		arc := math.Pi * float64(k) / humBins
		scale := math.Sqrt2 / humBins * arc / math.Sin(arc)
		for i := range w {
			sin, cos := math.Sincos(2 * arc * float64(i))
			w[i][2*k-2], w[i][2*k-1] = cos*scale, sin*scale
		}
	}
	return w
}()

// humPower is the mean square of what lies at 50, 100 and 150 Hz in a frame
// of 20 ms, of length samples, of which bins are the sums. 60 Hz falls between
// them and is found too, about 1 dB weaker.
func humPower(bins *[humBins]int64, length int) float64 {
	var c0, c1, c2, c3, c4, c5 float64
	for i, sum := range bins {
		mean := float64(sum) / float64((i+1)*length/humBins-i*length/humBins)
		w := &humWave[i]
		c0 += mean * w[0]
		c1 += mean * w[1]
		c2 += mean * w[2]
		c3 += mean * w[3]
		c4 += mean * w[4]
		c5 += mean * w[5]
	}
	return c0*c0 + c1*c1 + c2*c2 + c3*c3 + c4*c4 + c5*c5
}
