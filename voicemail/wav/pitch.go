package wav

// When pitch is looked for, and how well.
const (
	onsetFrames   = 10   // that a sound is looked at one by one; later on, every other one
	pitchEnough   = 0.95 // likeness, beyond which no better is looked for
	pitchLeast    = 0.4  // below which it is not asked whether the pitch holds
	steadyEnough  = 0.97
	spokenAtLeast = 8 // frames of a sound that are no key's: it is not a key then
)

// lookForPitch looks at the latest frame and the one before, where both may
// stand out: at each frame where a sound sets in, then at every other one, which
// costs half as much and makes no difference.
func (m *Meter) lookForPitch() {
	i := len(m.frames) - 1
	f := &m.frames[i]
	if !m.mayStand(i) {
		m.standing, m.spoken = 0, 0
		return
	}
	f.tilt = tilt(m.high)
	m.standing++
	if m.standing < 2 || m.standing > onsetFrames && m.standing%2 != 0 {
		return
	}
	f.pitch = m.voicing.alike(pitchFrom, pitchTo, pitchEnough)
	if f.pitch >= pitchLeast {
		f.steady = m.voicing.alike(steadyFrom, steadyTo, steadyEnough)
	}
	before := &m.frames[i-1]
	if m.standing == 2 || m.standing > onsetFrames {
		before.pitch, before.steady = f.pitch, f.steady
	}
	if f.pitch < voicedFrom || f.pitch-f.steady < movesFrom || m.spoken > spokenAtLeast {
		return
	}
	if f.key = m.keypad.pressed(m.high, f.tilt); !f.key {
		m.spoken++
	}
	if !before.key {
		before.key = m.keypad.pressed(m.last, before.tilt)
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

// tilt is the correlation of samples with the next: near 1 for what is dark,
// near 0 for what hisses.
func tilt(x []int32) float32 {
	var product, square int64
	last := int64(x[0])
	for _, v := range x[1:] {
		v := int64(v)
		product += v * last
		square += v * v
		last = v
	}
	if square == 0 {
		return 1
	}
	return float32(float64(product) / float64(square))
}
