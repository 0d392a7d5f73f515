package wav

import "math"

// What tells voices from machines.
const (
	voicedFrom    = 0.5 // likeness after one period, of what has a pitch
	movesFrom     = 0.2 // by how much less alike it is several periods later, where it moves
	heldAfter     = 4   // frames, after which that is looked at once more
	movingFrames  = 3   // with a moving pitch: a voice
	heldPerMoving = 3   // more frames than so many times that hold it are no speech
	hissBelow     = 0.6 // tilt, of what has no pitch
	hissAnyway    = 0.4 // tilt, of what has one
	hissFrames    = 4   // of breath
	hissLong      = 22  // frames of hiss that keeps its level: a machine
	hissEvenDB    = 1
	hissShare     = 3  // of a sound, one of so many frames: somebody whispers beside what has a pitch
	distinctDB    = 12 // above the noise floor: what is less, and explained by nothing, is noise
	tinnyDB       = 10 // above music, and no more
	pureHeld      = 0.95
	hardlyHeld    = 0.7 // what is less alike holds no pitch, however even it is
	tinnyHeld     = 0.9
	evenDB        = 0.5
)

// What keeps its level as no voice does.
const (
	steadyFrames  = 6
	steadyDB      = 0.8
	steadyReachDB = 2.5
	evenFrames    = 5 // over which levels are averaged before they are compared
)

// sound is what stands out of the noise from one frame to another, without a
// pause.
type sound struct {
	meter    *Meter
	from, to int

	distinct float32 // dB by which it stands out, at most
	peak     float32 // dBFS

	// Once they are counted:
	moving, held, hissing int     // frames
	purity                float32 // how much its held frames are like themselves, on average
}

func (m *Meter) soundOf(from, to int, floor []float32) *sound {
	s := &sound{meter: m, from: from, to: to, peak: silenceDBFS}
	for i := from; i < to; i++ {
		f := &m.frames[i]
		s.distinct = max(s.distinct, f.level-max(floor[i], speechGateDBFS))
		s.peak = max(s.peak, f.level)
	}
	return s
}

// count looks at all frames of the sound.
func (s *sound) count() {
	m := s.meter
	for i := s.from; i < s.to; i++ {
		f := &m.frames[i]
		switch {
		case m.moves(i):
			s.moving++
		case f.tilt < hissAnyway:
			s.hissing++
		case m.pitch(i) >= voicedFrom:
			s.held++
			s.purity += m.heldAt(i)
		case f.tilt < hissBelow:
			s.hissing++
		}
	}
	s.purity /= float32(max(s.held, 1))
}

// speaks reports whether it is a voice, whatever the frames are whose pitch has
// not been looked for yet. Most often a quarter of them tells.
func (s *sound) speaks() bool {
	if s.distinct < tinnyDB {
		return false // it depends on what is around
	}
	mayHold := func(f *frame) bool { return f.look != lookNowhere && f.tilt >= hissAnyway }
	m := s.meter
	moving, held := 0, 0 // held, at most
	for i := s.from; i < s.to; i++ {
		if mayHold(&m.frames[i]) {
			held++
		}
	}
	for i := s.to - 1; i >= s.from; i-- { // later on, one look tells of two frames
		moves := m.moves(i)
		if moves {
			moving++
		}
		if mayHold(&m.frames[i]) && (moves || m.pitch(i) < voicedFrom) {
			held--
		}
		if moving >= movingFrames && moving*heldPerMoving >= held {
			return true
		}
	}
	return false
}

// source says what made the sound. A voice is what has a pitch that moves; what
// hisses may be breath or a whisper; what holds its pitch is music, a machine,
// or, out of silence, perhaps a vowel. Doubt makes it unclear.
func (s *sound) source() heard {
	if s.speaks() {
		return heardVoice
	}
	return s.judge()
}

// judge is source by all frames of the sound.
func (s *sound) judge() heard {
	s.count()
	frames, length := s.meter.frames[s.from:s.to], s.to-s.from
	switch {
	case s.moving >= movingFrames:
		switch {
		case s.distinct < tinnyDB && s.amongMusic() && (s.purity >= tinnyHeld || !s.abrupt()):
			return heardNoise
		case s.moving*heldPerMoving >= s.held:
			return heardVoice
		}
		return heardUnclear
	case s.steady():
		return heardNoise
	case s.hissing >= hissFrames && 2*s.hissing >= length:
		if length > hissLong && even(frames, hissEvenDB) {
			return heardNoise
		}
		return heardUnclear
	case s.hissing >= 2*hissFrames && hissShare*s.hissing >= length && s.distinct >= distinctDB:
		return heardUnclear
	case 2*s.held >= length:
		if s.purity >= pureHeld || s.purity >= hardlyHeld && even(frames, evenDB) || !s.abrupt() && (s.distinct < distinctDB || s.purity >= hardlyHeld && s.amongMusic()) {
			return heardNoise
		}
		return heardUnclear
	case s.distinct >= distinctDB:
		return heardUnclear
	}
	return heardNoise
}

// What a short sound may be the end of.
const (
	wholeFrames = 6 // what is as long as this is a sound of its own
	endFrames   = 5 // how near a tone is
	endDB       = 6 // and at most so much less loud
)

// cutOff reports whether the sound is but the end of another: of one that was
// there before the recording or goes on after it, or of a tone about as loud.
func (s *sound) cutOff() bool {
	frames := s.meter.frames
	switch {
	case s.to-s.from >= wholeFrames:
		return false
	case s.from == 0 || s.to == len(frames):
		return true
	}
	for i := max(s.from-endFrames, 0); i < min(s.to+endFrames, len(frames)); i++ {
		f := &frames[i]
		if (i < s.from || i >= s.to) && (f.tone || f.key) && f.level >= s.peak-endDB {
			return true
		}
	}
	return false
}

// moves reports whether a frame has a pitch that moves.
func (m *Meter) moves(i int) bool {
	pitch := m.pitch(i)
	return pitch >= voicedFrom && pitch-m.steady(i) >= movesFrom && pitch-m.heldAt(i) >= movesFrom
}

// heldAt is how much a frame is like what was several periods before it, or
// comes several periods after it: a note that has just begun holds its pitch too.
func (m *Meter) heldAt(i int) float32 {
	held := m.steady(i)
	if i+heldAfter < len(m.frames) {
		held = max(held, m.steady(i+heldAfter))
	}
	return held
}

// What is music around a sound: within so many frames on either side, several
// that hold their pitch, and few others.
const (
	musicReach  = framesPerSecond
	musicHeld   = 0.55
	musicFrames = 15
	musicTimes  = 2
)

// amongMusic reports whether most of what is heard around the sound holds its
// pitch.
func (s *sound) amongMusic() bool {
	held, others := 0, 0
	for i := max(s.from-musicReach, 0); i < min(s.to+musicReach, len(s.meter.frames)); i++ {
		switch {
		case i >= s.from && i < s.to || s.meter.pitch(i) == 0:
		case s.meter.heldAt(i) >= musicHeld:
			held++
		default:
			others++
		}
	}
	return held >= musicFrames && held > musicTimes*others
}

// What makes a sound abrupt: so much silence before or after it.
const (
	abruptFrames = 10
	abruptDB     = 18  // below its peak
	abruptDBFS   = -70 // what is below tells nothing more
)

// abrupt reports whether the sound sets in out of silence, or silence follows
// it, as with a voice, and not other sounds.
func (s *sound) abrupt() bool {
	silent := func(from, to int) bool {
		if from < 0 || to > len(s.meter.frames) {
			return false
		}
		mean, _ := spread(s.meter.frames[from:to])
		return float64(s.peak)-max(mean, abruptDBFS) >= abruptDB
	}
	return silent(s.from-abruptFrames, s.from) || silent(s.to, s.to+abruptFrames)
}

// steady reports whether the sound belongs to a burst that keeps its level as
// no voice does.
func (s *sound) steady() bool {
	frames, from, to := s.meter.frames, s.from, s.to
	mean, _ := spread(frames[from:to])
	near := func(i int) bool { return math.Abs(float64(frames[i].level)-mean) < steadyReachDB }
	for from > 0 && near(from-1) {
		from--
	}
	for to < len(frames) && near(to) {
		to++
	}
	if to-from < steadyFrames {
		return false
	}
	_, deviation := spread(frames[from+1 : to-1])
	return deviation < steadyDB
}

// even reports whether frames keep their level within so many dB, apart from
// what chance does to noise.
func even(frames []frame, within float64) bool {
	var smooth []frame
	for i := 1; i+evenFrames < len(frames); i += evenFrames {
		mean, _ := spread(frames[i : i+evenFrames])
		smooth = append(smooth, frame{level: float32(mean)})
	}
	if len(smooth) < 2 {
		return false
	}
	_, deviation := spread(smooth)
	return deviation < within
}

// spread is the mean of the levels and their standard deviation.
func spread(frames []frame) (mean, deviation float64) {
	for i := range frames {
		mean += float64(frames[i].level)
	}
	mean /= float64(len(frames))
	for i := range frames {
		d := float64(frames[i].level) - mean
		deviation += d * d
	}
	return mean, math.Sqrt(deviation / float64(len(frames)))
}
