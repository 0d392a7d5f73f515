package wav

import (
	"math"

	"glennline/petition"
)

// Version is that of what a Meter says of the same samples: each change that
// makes it say something else counts it up. The first had no unclear sounds; the
// second took wails that hardly move for machines, and ends of tones for words.
const Version = 3

// silenceDBFS is what digital silence is said to have.
const silenceDBFS = -96

// Measure says how long and how loud samples are, and how much speech is in
// them. It is what a Meter says of the same samples.
func Measure(samples []int16, rate int) petition.Measure {
	m := borrowMeter(rate)
	defer m.giveBack()
	for len(samples) > 0 {
		n := copy(m.in[m.fill:], samples)
		samples = samples[n:]
		m.advance(n)
	}
	return m.Measure()
}

// Measure says what was heard so far. A last piece shorter than a frame
// counts for length, level, peak and clipping, and not for speech.
func (m *Meter) Measure() petition.Measure {
	total := m.total
	rest, _ := totalsOf(m.in[m.window:m.fill])
	total.add(rest)
	out := petition.Measure{
		Version:   Version,
		Seconds:   float64(total.samples) / float64(m.rate),
		LevelDBFS: silenceDBFS, PeakDBFS: silenceDBFS, NoiseDBFS: silenceDBFS, HumDBFS: silenceDBFS,
	}
	if total.samples == 0 {
		return out
	}
	n := float64(total.samples)
	out.LevelDBFS = decibel((float64(total.square) - float64(total.sum)/n*float64(total.sum)) / n)
	out.PeakDBFS = decibel(float64(total.peak))
	out.Clipped = float64(total.clipped) / n
	if len(m.frames) > 0 {
		m.measureFrames(&out)
	}
	return out
}

// measureFrames fills in what is said of whole frames.
func (m *Meter) measureFrames(out *petition.Measure) {
	m.markKeys()
	tone := m.tones()
	var spoken, unclear, tones int
	var power, unclearPower float64
	for i, what := range m.hear(tone) {
		switch what {
		case heardVoice:
			spoken++
			power += float64(m.frames[i].power)
		case heardUnclear:
			unclear++
			unclearPower += float64(m.frames[i].power)
		case heardNoise:
		}
		if tone[i] {
			tones++
		}
	}
	switch {
	case spoken > 0:
		out.LevelDBFS = decibel(power / float64(spoken))
	case unclear > 0:
		out.LevelDBFS = decibel(unclearPower / float64(unclear))
	}
	second := float64(m.rate)
	out.SpeechSeconds = float64(spoken*m.length) / second
	out.UnclearSeconds = float64(unclear*m.length) / second
	out.ToneSeconds = float64(tones*m.length) / second
	out.NoiseDBFS = decibel(float64(m.quietest(func(f *frame) float32 { return f.power })))
	out.HumDBFS = decibel(float64(m.quietest(func(f *frame) float32 { return f.hum })))
}

// decibel turns a mean square into dB below that of full scale.
func decibel(meanSquare float64) float64 {
	if meanSquare <= 0 {
		return silenceDBFS
	}
	return max(10*math.Log10(meanSquare/(fullScale*fullScale)), silenceDBFS)
}
