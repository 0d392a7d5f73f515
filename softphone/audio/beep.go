package audio

import (
	"math"
	"time"
)

// Beep is a tone that asks the caller to speak.
type Beep struct {
	From, To time.Duration // since the first sample fed; each within about 30 ms
	Hz       float64
	LevelDB  float64 // dBFS
}

// BeepConfig says what counts as a beep.
type BeepConfig struct {
	MinHz, MaxHz float64       // range of the tone
	MinLength    time.Duration // steady in frequency and level for at least this long
	MaxLength    time.Duration // a longer tone is a signal of the network, a fax or a dead line
	MinLevelDB   float64       // dBFS
}

// DefaultBeep takes any pure tone between 350 and 2600 Hz of 0.15 to 1.5 s.
func DefaultBeep() BeepConfig {
	return BeepConfig{
		MinHz: 350, MaxHz: 2600,
		MinLength: 150 * time.Millisecond, MaxLength: 1500 * time.Millisecond,
		MinLevelDB: -45,
	}
}

// What a tone must be besides long enough. Voiced speech comes near one of
// these at times, a hummed vowel near two; none keeps all three for 150 ms.
const (
	minPurity    = 0.97 // the rest, 15 dB below the tone, leaves room for line noise
	maxDetune    = 0.01 // of the tone's frequency
	maxWaverDB   = 2.0  // between steady frames
	quietByDB    = 15.0 // what follows a beep is weaker by this
	frameSamples = 240  // 30 ms: short against 150 ms, long enough for two periods of 350 Hz under noise
	hopSamples   = 80   // 10 ms
	// A tone is over when it was away for this many hops. A lost packet or two
	// leave a hole that is shorter.
	awayHops = 6
)

// BeepDetector finds beeps in a stream of samples. It is not for concurrent
// use. The zero value is of no use; see NewBeepDetector.
type BeepDetector struct {
	cfg    BeepConfig
	window []int16 // what was fed and is not yet analysed to its end
	at     int     // position of window[0]

	// The tone that is sounding, if count > 0.
	from, to int // positions
	count    int // frames in a row that belong to it, with holes bridged
	steady   int // of those, since it is at one level; in hops
	hz       float64
	level    float64 // the strongest frame's
	base     float64 // the level at which steady began
	away     int     // hops since the last frame that belonged to it
	quiet    int     // how many of the last hops were quiet
}

// NewBeepDetector returns a detector; the zero BeepConfig stands for
// DefaultBeep.
func NewBeepDetector(cfg BeepConfig) *BeepDetector {
	if cfg == (BeepConfig{}) {
		cfg = DefaultBeep()
	}
	return &BeepDetector{cfg: cfg}
}

// Feed takes the next samples and returns the beeps that ended in them. A beep
// is known to have ended 60 to 90 ms after its end: feed silence for the time
// in which nothing is heard.
func (d *BeepDetector) Feed(samples []int16) []Beep {
	var beeps []Beep
	d.window = append(d.window, samples...)
	rest := d.window
	for ; len(rest) >= frameSamples; rest = rest[hopSamples:] {
		if b, ok := d.hop(rest[:frameSamples]); ok {
			beeps = append(beeps, b)
		}
		d.at += hopSamples
	}
	d.window = d.window[:copy(d.window, rest)]
	return beeps
}

// Length is how much of a tone was heard that is not over yet, within about 30 ms;
// 0 if none sounds.
func (d *BeepDetector) Length() time.Duration {
	if d.count == 0 {
		return 0
	}
	return time.Duration(d.to-d.from) * time.Second / Rate
}

// Sounding is the tone that sounds now, once it has been steady for as long as
// a beep must be. Whether it is a beep is known at its end.
func (d *BeepDetector) Sounding() (Beep, bool) {
	if d.count == 0 || d.away > 0 || !d.longEnough() {
		return Beep{}, false
	}
	return d.beep(), true
}

func (d *BeepDetector) hop(frame []int16) (Beep, bool) {
	s := fitSine(frame, Rate)
	tone := s.purity >= minPurity && s.level >= d.cfg.MinLevelDB && s.hz >= d.cfg.MinHz && s.hz <= d.cfg.MaxHz
	switch {
	case tone && d.count == 0:
		d.begin(s)
	case tone && math.Abs(s.hz-d.hz) <= maxDetune*d.hz:
		d.extend(s)
	case d.count > 0:
		d.away++
		last := frame[len(frame)-hopSamples:]
		if LevelDB(last) <= d.level-quietByDB {
			d.quiet++
		} else {
			d.quiet = 0
		}
		if d.away < awayHops {
			break
		}
		beep, ok := d.beep(), d.isBeep()
		d.count = 0
		if tone {
			d.begin(s)
		}
		return beep, ok
	}
	return Beep{}, false
}

func (d *BeepDetector) begin(s sine) {
	d.from, d.to = d.at, d.at+frameSamples
	d.count, d.steady = 1, 1
	d.hz, d.level, d.base = s.hz, s.level, s.level
	d.away, d.quiet = 0, 0
}

func (d *BeepDetector) extend(s sine) {
	d.count++
	switch {
	case s.level > d.base+maxWaverDB: // it is still fading in
		d.steady, d.base = 1, s.level
	case s.level >= d.base-maxWaverDB:
		d.steady += 1 + d.away
	}
	d.level = max(d.level, s.level)
	d.hz += (s.hz - d.hz) / float64(d.count)
	d.to = d.at + frameSamples
	d.away, d.quiet = 0, 0
}

func (d *BeepDetector) isBeep() bool {
	// The first hops after a tone still hold its tail.
	return d.longEnough() && d.quiet >= awayHops/2 && span(d.to-d.from) <= d.cfg.MaxLength
}

func (d *BeepDetector) longEnough() bool {
	return span((d.steady-1)*hopSamples+frameSamples) >= d.cfg.MinLength
}

func (d *BeepDetector) beep() Beep {
	return Beep{From: span(d.from), To: span(d.to), Hz: d.hz, LevelDB: d.level}
}
