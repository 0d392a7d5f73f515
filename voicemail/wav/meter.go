package wav

import (
	"encoding/binary"
	"math"
)

const (
	framesPerSecond = 50    // 20 ms: shorter than a syllable, and one whole period of mains hum
	fullScale       = 32768 // 0 dBFS: a sine wave cannot have more than -3
	clipped         = 32124 // the largest value that µ-law can carry; A-law's is 32256
)

// A Meter measures audio as it streams by, in memory that grows by 28 bytes a
// frame of 20 ms. The zero Meter is not usable.
type Meter struct {
	rate   int
	length int // samples in a frame
	window int // samples of the moving average that the high-pass takes away
	step   int // every how many samples tones are looked for: near 8 kHz

	// in holds the last window samples of the frame before, then the frame.
	in      []int16
	fill    int
	average int64 // sum of the last window samples

	// high is the frame without what lies below speech, times window; last
	// is that of the frame before.
	high, last []int32
	tonality   tonality
	voicing    voicing
	keypad     keypad
	least      float32
	standing   int // how many frames in a row may stand out of the noise
	spoken     int // how many of them have a pitch that may move, and are no key's

	total  totals
	frames []frame
}

// frame is what is kept of 20 ms.
type frame struct {
	power float32 // mean square, direct current taken away
	level float32 // dBFS above the hum: what stands for speech
	hum   float32 // mean square of 50, 100 and 150 Hz
	tone  bool    // goes on with the one or two pure tones of the frame before
	key   bool    // the sound of a key

	// Of frames that may stand out, and 0 of the others: how much they are like
	// themselves one period and several periods ago, see voicing, and what is
	// alike from one sample to the next.
	pitch, steady, tilt float32
}

// NewMeter returns a Meter for audio of the given rate in Hz, from 1000 to
// 192000, which are what Inspect lets pass.
func NewMeter(rate int) *Meter {
	m := &Meter{
		rate:   rate,
		length: rate / framesPerSecond,
		window: max(rate/400, 2),
		step:   max((rate+4000)/8000, 1),
		frames: make([]frame, 0, 10*framesPerSecond),
	}
	m.keypad = newKeypad(rate)
	m.in = make([]int16, m.window+m.length)
	m.fill = m.window
	m.high = make([]int32, m.length)
	m.last = make([]int32, m.length)
	return m
}

// Take takes samples as they lie in a WAV file: 16 bits, little endian, whole
// ones only.
func (m *Meter) Take(pcm []byte) {
	for len(pcm) >= sampleBytes {
		in := m.in[m.fill:]
		in = in[:min(len(in), len(pcm)/sampleBytes)]
		for i := range in {
			in[i] = int16(binary.LittleEndian.Uint16(pcm))
			pcm = pcm[sampleBytes:]
		}
		m.advance(len(in))
	}
}

// advance takes n more samples that were put into m.in as read.
func (m *Meter) advance(n int) {
	if m.fill += n; m.fill == len(m.in) {
		m.closeFrame()
		copy(m.in, m.in[m.length:])
		m.fill = m.window
	}
}

// closeFrame measures the frame in m.in.
func (m *Meter) closeFrame() {
	m.high, m.last = m.last, m.high
	now, energy := m.highpass()
	m.total.add(now)
	if now.low <= -clipped || now.high >= clipped {
		m.total.clipped += countClipped(m.in[m.window:])
	}
	n := float64(now.samples)
	f := frame{
		power: float32((n*float64(now.square) - float64(now.sum)*float64(now.sum)) / (n * n)),
		level: float32(decibel(energy / n)),
		hum:   float32(humPower(m.in[m.window:])),
	}
	change := math.Inf(1)
	if i := len(m.frames) - 1; i >= 0 {
		change = math.Abs(float64(f.level - m.frames[i].level))
	}
	f.tone = m.tonality.goesOn(m.high, m.last, m.step, float64(f.level), change)
	m.voicing.take(m.high)
	m.frames = append(m.frames, f)
	m.least = min(m.least, f.level)
	m.lookForPitch()
}

// highpass fills m.high and returns its energy, and the totals of what it was
// made from, which cost little on the way. What it takes away is the average
// over 2.5 ms around each sample: mains hum falls by 32 dB (50 Hz) and 20 dB
// (100 Hz), and what a telephone carries of speech, from 300 Hz on, stays
// within 3 dB.
func (m *Meter) highpass() (now totals, energy float64) {
	window, average := int64(m.window), m.average
	high := m.high
	n := len(high)
	leave, enter, middle := m.in[:n], m.in[m.window:][:n], m.in[(m.window+1)/2:][:n]
	var sum, square, above, low, top int64
	for i := range high {
		v := int64(enter[i])
		sum += v
		square += v * v
		low, top = min(low, v), max(top, v)
		average += v - int64(leave[i])
		y := window*int64(middle[i]) - average
		high[i] = int32(y)
		above += y * y
	}
	m.average = average
	now = totals{samples: int64(n), sum: sum, square: square, low: low, high: top}
	return now, float64(above) / float64(window*window)
}

// totals are sums over samples.
type totals struct {
	samples     int64
	sum, square int64
	low, high   int64
	clipped     int64
}

func (t *totals) add(u totals) {
	t.samples += u.samples
	t.sum += u.sum
	t.square += u.square
	t.low, t.high = min(t.low, u.low), max(t.high, u.high)
	t.clipped += u.clipped
}

// totalsOf are those of x.
func totalsOf(x []int16) (t totals) {
	t.samples = int64(len(x))
	for _, v := range x {
		v := int64(v)
		t.sum += v
		t.square += v * v
		t.low, t.high = min(t.low, v), max(t.high, v)
	}
	t.clipped = countClipped(x)
	return t
}

func countClipped(x []int16) (n int64) {
	for _, v := range x {
		if v <= -clipped || v >= clipped {
			n++
		}
	}
	return n
}
