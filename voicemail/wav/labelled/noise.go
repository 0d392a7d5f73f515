package labelled

import (
	"math"
	"math/rand/v2"
)

// white is noise with a mean square of 1.
func white(r *rand.Rand, s float64) []float64 {
	x := seconds(s)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// line is the steady noise of a telephone line, of one of several colours.
func line(r *rand.Rand, s, dbfs float64) []float64 {
	x := white(r, s)
	switch r.IntN(4) {
	case 0: // white
	case 1: // the band of a telephone
		lowpass(3400, 0.7).run(highpass(300, 0.7).run(x))
	case 2: // pink, nearly
		low, high := lowpass(250, 0.5), lowpass(1200, 0.5)
		for i, v := range x {
			x[i] = 0.15*v + 2.2*low.step(v) + 0.8*high.step(v)
		}
	case 3: // brown
		lowpass(300, 0.5).run(x)
	}
	return leveled(x, dbfs)
}

// comfort is noise as a side makes it that sends nothing while nobody speaks:
// in pieces, each at its level, with gaps between some of them.
func comfort(r *rand.Rand, s, dbfs float64) []float64 {
	var x []float64
	want := int(s * Rate)
	for len(x) < want {
		piece := lowpass(between(r, 1500, 3800), 0.7).run(white(r, between(r, 0.3, 1.6)))
		piece = leveled(piece, dbfs+between(r, -1.5, 1.5))
		x = append(x, piece...)
		if r.IntN(2) == 0 {
			x = append(x, seconds(between(r, 0.05, 0.8))...)
		}
	}
	return x[:want]
}

// street is traffic: a rumble, and cars that come by.
func street(r *rand.Rand, s, dbfs float64) []float64 {
	x := lowpass(between(r, 150, 500), 0.5).run(white(r, s))
	drift, phase := between(r, 0.05, 0.3), between(r, 0, 2*math.Pi)
	factor := 1.0
	for i := range x {
		if i%64 == 0 { // slow enough
			factor = gain(2.5 * math.Sin(2*math.Pi*drift*float64(i)/Rate+phase))
		}
		x[i] *= factor
	}
	leveled(x, 0)
	add(x, leveled(line(r, s, 0), between(r, -18, -10)), 0)
	for at := between(r, -2, 2); at < s; at += between(r, 2, 5) {
		add(x, leveled(car(r), between(r, -6, 8)), at)
	}
	return leveled(x, dbfs)
}

// car swells and fades, and is brightest where it is nearest.
func car(r *rand.Rand) []float64 {
	length := between(r, 2, 5)
	x := white(r, length)
	lowpass(between(r, 500, 1800), 0.5).run(highpass(80, 0.7).run(x))
	width := length / between(r, 5, 7)
	for i := range x {
		d := (float64(i)/Rate - length/2) / width
		x[i] *= math.Exp(-d * d / 2)
	}
	return x
}

// hum is that of the mains, with harmonics.
func hum(r *rand.Rand, s, dbfs float64) []float64 {
	hz := []float64{50, 60}[r.IntN(2)] * between(r, 0.998, 1.002)
	x := seconds(s)
	harmonics, fall := 1+r.IntN(9), between(r, 1.2, 2.2)
	for k := 1; k <= harmonics; k++ {
		a, phase := math.Pow(float64(k), -fall), between(r, 0, 2*math.Pi)
		if k > 1 && k%2 == 0 {
			a *= between(r, 0.3, 1)
		}
		for i := range x {
			x[i] += a * math.Sin(2*math.Pi*hz*float64(k)*float64(i)/Rate+phase)
		}
	}
	return leveled(x, dbfs)
}

// clicks are short and far between: a bad contact, a handset that is put down.
func clicks(r *rand.Rand, s, dbfs float64) []float64 {
	x := seconds(s)
	for at := between(r, 0.1, 0.8); at < s; at += between(r, 0.25, 1.5) {
		var click []float64
		switch r.IntN(3) {
		case 0: // one impulse
			click = []float64{1, -0.6, 0.2}
		case 1: // a burst
			click = white(r, between(r, 0.0005, 0.004))
		case 2: // a thump
			length := between(r, 0.01, 0.03)
			click = lowpass(between(r, 200, 900), 1).run(white(r, length))
			for i := range click {
				click[i] *= math.Exp(-5 * float64(i) / float64(len(click)))
			}
		}
		peak := 0.0
		for _, v := range click {
			peak = max(peak, math.Abs(v))
		}
		factor := amplitude(dbfs+between(r, 6, 16)) / max(peak, 1e-9)
		for i := range click {
			click[i] *= factor
		}
		add(x, click, at)
	}
	return x
}

// lossy is x as where packets are lost: some pieces of 20 ms are silent.
func lossy(r *rand.Rand, x []float64) []float64 {
	const packet = Rate / 50
	for i := 0; i+packet <= len(x); i += packet {
		if r.IntN(20) == 0 {
			clear(x[i : i+packet])
		}
	}
	return x
}
