package labelled

import (
	"math"
	"math/rand/v2"
)

// tone is one or several frequencies at once, each as loud as the next, with a
// mean square of 1.
func tone(s float64, hz ...float64) []float64 {
	x := seconds(s)
	for _, f := range hz {
		for i := range x {
			x[i] += math.Sqrt(2/float64(len(hz))) * math.Sin(2*math.Pi*f*float64(i)/Rate)
		}
	}
	return x
}

// cadence is a signal of exchanges: frequencies, and seconds on and off.
type cadence struct {
	hz      []float64
	on, off []float64 // in turn
}

// Of ITU-T E.180, Supplement 2, and of E.180/Q.35.
var (
	ringing = []cadence{
		{[]float64{425}, []float64{1}, []float64{3}}, // Belgium
		{[]float64{425}, []float64{1}, []float64{4}}, // Netherlands, Germany, Luxembourg
		{[]float64{440}, []float64{1.5}, []float64{3.5}},
		{[]float64{440, 480}, []float64{2}, []float64{4}},
		{[]float64{400, 450}, []float64{0.4, 0.4}, []float64{0.2, 2}},
	}
	signals = []cadence{
		{[]float64{425}, []float64{0.5}, []float64{0.5}},   // engaged
		{[]float64{425}, []float64{0.17}, []float64{0.17}}, // no way through
		{[]float64{480, 620}, []float64{0.5}, []float64{0.5}},
		{[]float64{425}, []float64{9}, []float64{1}}, // dial tone
		{[]float64{350, 440}, []float64{9}, []float64{1}},
		{[]float64{1100}, []float64{0.5}, []float64{3}}, // a fax that calls
		{[]float64{2100}, []float64{3}, []float64{1}},   // one that answers
		{[]float64{1400}, []float64{0.4}, []float64{2}}, // recorded
	}
)

// sounds is the cadence from a moment in it on.
func (c cadence) sounds(r *rand.Rand, s, dbfs float64) []float64 {
	period := 0.0
	for i := range c.on {
		period += c.on[i] + c.off[i]
	}
	x := seconds(s)
	for at := -between(r, 0, min(period, c.on[0])); at < s; {
		for i := range c.on {
			add(x, faded(tone(c.on[i], c.hz...), 0.004), at)
			at += c.on[i] + c.off[i]
		}
	}
	return scaled(x, 20*math.Log10(amplitude(dbfs)))
}

// information is the special information tone: three that rise.
func information(r *rand.Rand, s, dbfs float64) []float64 {
	x := seconds(s)
	for at := between(r, 0, 1); at < s; at += 2 {
		for i, hz := range []float64{950, 1400, 1800} {
			add(x, faded(tone(0.33, hz), 0.003), at+0.33*float64(i))
		}
	}
	return scaled(x, 20*math.Log10(amplitude(dbfs)))
}

// keys are DTMF as telephones send it (ITU-T Q.23, Q.24): down to 40 ms, the
// two tones up to 4 dB apart and 1.5% off.
func keys(r *rand.Rand, s, dbfs float64) []float64 {
	rows, columns := []float64{697, 770, 852, 941}, []float64{1209, 1336, 1477, 1633}
	on, off := between(r, 0.05, 0.25), between(r, 0.05, 0.4)
	twist, detune := between(r, -4, 4), between(r, 0.985, 1.015)
	x := seconds(s)
	for at := between(r, 0.1, 0.6); at < s-on; at += on + off {
		low := tone(on, rows[r.IntN(4)]*detune)
		high := scaled(tone(on, columns[r.IntN(4)]*detune), twist)
		add(x, faded(add(low, high, 0), 0.002), at)
	}
	return leveled(x, dbfs)
}

// horn is a car's: two reeds, rich in harmonics, once or several times.
func horn(r *rand.Rand, s, dbfs float64) []float64 {
	low, high := between(r, 300, 420), between(r, 420, 560)
	x := street(r, s, -14)
	for at := between(r, 0.3, 1.5); at < s; at += between(r, 0.5, 2) {
		length := between(r, 0.15, 0.9)
		blow := seconds(length)
		for k := 1; k <= 6; k++ {
			add(blow, scaled(tone(length, low*float64(k), high*float64(k)), -4*float64(k)), 0)
		}
		add(x, leveled(faded(blow, 0.02), 0), at)
		at += length
	}
	return leveled(x, dbfs)
}

// siren is one of two tones in turn, or one that rises and falls.
func siren(r *rand.Rand, s, dbfs float64) []float64 {
	x := seconds(s)
	phase, low, high := 0.0, between(r, 380, 450), between(r, 520, 900)
	wail, period := r.IntN(2) == 0, between(r, 0.8, 3)
	for i := range x {
		at := math.Mod(float64(i)/Rate, period) / period
		hz := low
		switch {
		case wail:
			hz = low + (high-low)*(1-math.Abs(2*at-1))
		case at > 0.5:
			hz = high
		}
		phase += 2 * math.Pi * hz / Rate
		for k := 1.0; k <= 4; k++ {
			x[i] += math.Sin(k*phase) / (k * k)
		}
	}
	return leveled(add(leveled(x, 0), street(r, s, -15), 0), dbfs)
}

// buzz is what a mobile telephone's transmitter leaves in a loudspeaker's wires:
// bursts of 217 pulses a second.
func buzz(r *rand.Rand, s, dbfs float64) []float64 {
	x := seconds(s)
	for at := between(r, 0.1, 0.5); at < s; at += between(r, 0.1, 0.8) {
		length := between(r, 0.05, 0.3)
		burst := seconds(length)
		for i := range burst {
			if math.Mod(float64(i)/Rate*217, 1) < 0.125 {
				burst[i] = 1
			}
		}
		add(x, highpass(150, 0.7).run(burst), at)
		at += length
	}
	return leveled(x, dbfs)
}
