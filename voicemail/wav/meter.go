package wav

import (
	"encoding/binary"
	"math"
	"sync"
)

const (
	framesPerSecond = 50    // 20 ms: shorter than a syllable, and one whole period of mains hum
	fullScale       = 32768 // 0 dBFS: a sine wave cannot have more than -3
	clipped         = 32124 // the largest value that µ-law can carry; A-law's is 32256
)

// A Meter measures audio as it streams by, in memory that grows by 32 bytes a
// frame of 20 ms, and by 320 more in the first minute. The zero Meter is not usable.
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

	total  totals
	frames []frame
	kept   int // frames, see keptFrames
}

// frame is what is kept of 20 ms.
type frame struct {
	power float32 // mean square, direct current taken away
	level float32 // dBFS above the hum: what stands for speech
	hum   float32 // mean square of 50, 100 and 150 Hz
	tone  bool    // goes on with the one or two pure tones of the frame before
	key   bool    // the sound of a key

	// Of frames that may stand out, and 0 of the others: the correlation of samples
	// with the next, near 1 for what is dark, near 0 for what hisses; and whether
	// it may be the sound of a key.
	stands, pressed bool
	tilt            float32

	// How much it is like itself one period and several periods ago, once that
	// was asked for, see voicing; 0 of those where it is not looked for.
	look                    look
	pitchKnown, steadyKnown bool
	pitchIs, steadyIs       float32
}

// NewMeter returns a Meter for audio of the given rate in Hz, from 1000 to
// 192000, which are what Inspect lets pass.
func NewMeter(rate int) *Meter {
	m := &Meter{
		rate:   rate,
		length: rate / framesPerSecond,
		window: max(rate/400, 2),
		step:   max((rate+4000)/8000, 1),
		kept:   keptFrames,
	}
	m.keypad = newKeypad(rate)
	m.in = make([]int16, m.window+m.length)
	m.fill = m.window
	m.high = make([]int32, m.length)
	m.last = make([]int32, m.length)
	m.frames = make([]frame, 0, 10*framesPerSecond)
	m.voicing.values = make([]float64, voicingBefore, voicingBefore+cap(m.frames)*voicingFrame)
	return m
}

// meters are those that have measured a recording from a telephone, for the
// next one: what they have grown to is most of what measuring allocates.
var meters sync.Pool

// borrowMeter is NewMeter, but for who gives it back once it is done with it.
func borrowMeter(rate int) *Meter {
	if rate == telephone {
		if m, ok := meters.Get().(*Meter); ok {
			return m
		}
	}
	return NewMeter(rate)
}

// giveBack makes m as new.
func (m *Meter) giveBack() {
	if m.rate != telephone || len(m.frames) > keptFrames {
		return // of long ones too much would be kept
	}
	clear(m.in)
	values := m.voicing.values[:voicingBefore]
	clear(values)
	*m = Meter{
		rate: m.rate, length: m.length, window: m.window, step: m.step, kept: m.kept, keypad: m.keypad,
		in: m.in, fill: m.window, high: m.high, last: m.last, frames: m.frames[:0],
		voicing: voicing{values: values},
	}
	meters.Put(m)
}

// Take takes samples as they lie in a WAV file: 16 bits, little endian, whole
// ones only.
func (m *Meter) Take(pcm []byte) {
	for len(pcm) >= sampleBytes {
		in := m.in[m.fill:]
		in = in[:min(len(in), len(pcm)/sampleBytes)]
		pcm = pcm[readSamples(in, pcm):]
		m.advance(len(in))
	}
}

// readSamples fills to from pcm, which has as many samples or more, and returns
// how many bytes they were.
func readSamples(to []int16, pcm []byte) int {
	n := len(to) * sampleBytes
	for len(to) >= 4 && len(pcm) >= 8 {
		four := binary.LittleEndian.Uint64(pcm)
		to[0], to[1], to[2], to[3] = int16(four), int16(four>>16), int16(four>>32), int16(four>>48)
		to, pcm = to[4:], pcm[8:]
	}
	for i := range to {
		to[i] = int16(binary.LittleEndian.Uint16(pcm[sampleBytes*i:]))
	}
	return n
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
	now, bins := totalsOf(m.in[m.window:])
	m.total.add(now)
	energy, product := m.highpass()
	n, window := float64(now.samples), float64(m.window)
	f := frame{
		power: float32((n*float64(now.square) - float64(now.sum)*float64(now.sum)) / (n * n)),
		level: float32(decibel(float64(energy) / (window * window) / n)),
		hum:   float32(humPower(&bins, m.length)),
	}
	change := math.Inf(1)
	if i := len(m.frames) - 1; i >= 0 {
		change = math.Abs(float64(f.level - m.frames[i].level))
	}
	f.tone = m.tonality.goesOn(m.high, m.last, m.step, float64(f.level), change)
	m.frames = append(m.frames, f)
	m.least = min(m.least, f.level)
	m.mayBeHeard(energy, product)
	if len(m.frames)-m.voicing.first == m.kept {
		m.settle()
	}
}
