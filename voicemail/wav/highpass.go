package wav

// highpass fills m.high with the frame in m.in and returns the sum of its
// squares and that of the products of each value with the next. What it takes
// away is the average over 2.5 ms around each sample: mains hum falls by 32 dB
// (50 Hz) and 20 dB (100 Hz), and what a telephone carries of speech, from
// 300 Hz on, stays within 3 dB. What is left goes on to m.voicing.
func (m *Meter) highpass() (energy, product int64) {
	low := m.voicing.next()
	if m.rate == telephone {
		return m.highpassTelephone(m.high, low)
	}
	return m.highpassAny(low)
}

// highpassAny is that at any rate.
func (m *Meter) highpassAny(low *[voicingFrame]float64) (energy, product int64) {
	window, average := int64(m.window), m.average
	high := m.high
	n := len(high)
	leave, enter, middle := m.in[:n], m.in[m.window:][:n], m.in[(m.window+1)/2:][:n]
	last := int64(0)
	for i := range high {
		average += int64(enter[i]) - int64(leave[i])
		y := window*int64(middle[i]) - average
		high[i] = int32(y)
		energy += y * y
		product += y * last
		last = y
	}
	m.average = average
	lowpass(low, high)
	return energy, product
}

// What a telephone has, in Hz and samples.
const (
	telephone       = 8000
	telephoneWindow = telephone / 400
)

// highpassTelephone is that at 8 kHz, four samples at a time, which costs half
// as much.
func (m *Meter) highpassTelephone(high []int32, low *[voicingFrame]float64) (energy, product int64) {
	const window, middle = telephoneWindow, (telephoneWindow + 1) / 2
	in, average, last := m.in, m.average, int64(0)
	for i := 0; i+4 <= len(high) && len(in) >= window+4; i += 4 {
		average += int64(in[window]) - int64(in[0])
		a := window*int64(in[middle]) - average
		average += int64(in[window+1]) - int64(in[1])
		b := window*int64(in[middle+1]) - average
		average += int64(in[window+2]) - int64(in[2])
		c := window*int64(in[middle+2]) - average
		average += int64(in[window+3]) - int64(in[3])
		d := window*int64(in[middle+3]) - average
		high[i], high[i+1], high[i+2], high[i+3] = int32(a), int32(b), int32(c), int32(d)
		low[i/4] = float64((a + b + c + d) >> 6)
		energy += a*a + b*b + c*c + d*d
		product += (last+b)*a + (b+d)*c
		last = d
		in = in[4:]
	}
	m.average = average
	return energy, product
}

// lowpass fills low with averages of x, times some factor below 2000, which
// makes no difference.
func lowpass(low *[voicingFrame]float64, x []int32) {
	for i := range low {
		from := i * len(x) / voicingFrame
		to := max((i+1)*len(x)/voicingFrame, from+1)
		sum := 0
		for _, s := range x[from:to] {
			sum += int(s)
		}
		low[i] = float64(sum / (to - from) >> 4)
	}
}
