package wav

// When pitch is looked for, and how well.
const (
	onsetFrames   = 10   // that a sound is looked at one by one; later on, every other one
	pitchEnough   = 0.95 // likeness, beyond which no better is looked for
	pitchLeast    = 0.4  // below which it is not asked whether the pitch holds
	steadyEnough  = 0.97
	spokenAtLeast = 8 // frames of a sound that are no key's: it is not a key then
)

// look is where the pitch of a frame is looked for.
type look uint8

const (
	lookNowhere look = iota // it has none
	lookHere
	lookNext // it is that of the next frame
)

// keptFrames are those whose values are kept for the pitch, at most: a minute,
// 1 MB. Of more, it is looked for without waiting whether it matters.
const keptFrames = 60 * framesPerSecond

// mayBeHeard takes note of what may be asked of the latest frame, of that energy
// and product, see highpass, where it may stand out. Pitch is looked for at each
// frame where a sound sets in, then at every other one, which costs half as much
// and makes no difference; but only once it is asked for, since most of a voice is
// known by the rest of it.
func (m *Meter) mayBeHeard(energy, product int64) {
	i := len(m.frames) - 1
	f := &m.frames[i]
	if !m.mayStand(i) {
		m.standing = 0
		return
	}
	m.standing++
	f.stands = true
	f.tilt = 1
	if after := energy - int64(m.high[0])*int64(m.high[0]); after != 0 {
		f.tilt = float32(float64(product) / float64(after))
	}
	f.pressed = m.keypad.pressed(m.high, float64(energy), f.tilt)
	if m.standing < 2 || m.standing > onsetFrames && m.standing%2 != 0 {
		return
	}
	f.look = lookHere
	if m.standing == 2 || m.standing > onsetFrames {
		m.frames[i-1].look = lookNext
	}
}

// pitch is how much a frame is like itself one period ago.
func (m *Meter) pitch(i int) float32 {
	f := &m.frames[i]
	if !f.pitchKnown {
		switch f.look {
		case lookHere:
			f.pitchIs, f.pitchKnown = m.voicing.alike(i, pitchFrom, pitchTo, pitchEnough), true
		case lookNext:
			f.pitchIs, f.pitchKnown = m.pitch(i+1), true
		case lookNowhere:
		}
	}
	return f.pitchIs
}

// steady is how much a frame is like itself several periods ago, where it has a
// pitch.
func (m *Meter) steady(i int) float32 {
	f := &m.frames[i]
	if !f.steadyKnown {
		switch f.look {
		case lookHere:
			if m.pitch(i) >= pitchLeast {
				f.steadyIs = m.voicing.alike(i, steadyFrom, steadyTo, steadyEnough)
			}
			f.steadyKnown = true
		case lookNext:
			f.steadyIs, f.steadyKnown = m.steady(i+1), true
		case lookNowhere:
		}
	}
	return f.steadyIs
}

// settle looks for the pitch of all frames, and forgets what that takes.
func (m *Meter) settle() {
	for i := m.voicing.first; i < len(m.frames); i++ {
		m.pitch(i)
		m.steady(i)
	}
	m.voicing.forget()
}

// markKeys marks the frames of keys: those of a sound that are so, and have a
// pitch that moves, as long as it does not go on as a voice.
func (m *Meter) markKeys() {
	for from := 0; from < len(m.frames); from++ {
		to, last := from, -1
		for ; to < len(m.frames) && m.frames[to].stands; to++ {
			if m.frames[to].pressed {
				last = to
			}
		}
		if last >= 0 {
			m.markKeysOf(from, min(last+2, to))
		}
		from = to
	}
}

func (m *Meter) markKeysOf(from, to int) {
	spoken := 0
	for i := from; i < to && spoken <= spokenAtLeast; i++ {
		f := &m.frames[i]
		if f.look != lookHere || m.pitch(i) < voicedFrom || m.pitch(i)-m.steady(i) < movesFrom {
			continue
		}
		if f.key = f.pressed; !f.key {
			spoken++
		}
		before := &m.frames[i-1]
		before.key = before.key || before.pressed
	}
}

// mayStand is false of a frame that will not stand out of the noise, whatever
// comes after it.
func (m *Meter) mayStand(i int) bool {
	level := m.frames[i].level
	if level < speechGateDBFS {
		return false
	}
	if level >= m.least+voicedMarginDB {
		return true
	}
	if i < floorFrames {
		return true
	}
	for _, f := range m.frames[i-floorFrames : i] {
		if level >= f.level+edgeMarginDB {
			return true
		}
	}
	return false
}
