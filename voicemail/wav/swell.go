package wav

// What swells out of silence, as a wail does whose pitch and level hardly move.
const (
	swellDB       = 10 // above the quietest tenth
	swellQuietDB  = 4  // above that, at most, before it
	swellFrames   = 30
	swellAtMost   = 3 * framesPerSecond
	swellBefore   = 10   // frames that are looked at before it,
	swellFade     = 3    // but for those in which it fades in
	swellUnevenDB = 0.6  // by which its level varies
	swellHeld     = 0.95 // likeness after several periods: what is more alike is a machine
)

// swells makes unclear, in a recording in which nothing else was heard, what comes
// out of silence and holds its pitch as only a machine does for a moment, but
// neither pitch nor level as well as a machine.
func (m *Meter) swells(all []heard, tone []bool, quiet float32) {
	above := max(quiet+swellDB, speechGateDBFS)
	for from := 0; from < len(all); from++ {
		to := from
		for to < len(all) && m.frames[to].level >= above {
			to++
		}
		if m.swell(from, to, tone, quiet) {
			for i := from; i < to; i++ {
				all[i] = heardUnclear
			}
		}
		from = max(from, to)
	}
}

func (m *Meter) swell(from, to int, tone []bool, quiet float32) bool {
	n, before := to-from, max(from-swellBefore, 0)
	if n < swellFrames || n > swellAtMost || before >= from-swellFade {
		return false
	}
	for _, f := range m.frames[before : from-swellFade] {
		if f.level > quiet+swellQuietDB && f.level >= speechGateDBFS {
			return false
		}
	}
	pitched, tones, hissing := 0, 0, 0
	var held float32
	for i := from; i < to; i++ {
		f := &m.frames[i]
		if m.pitch(i) >= voicedFrom {
			pitched++
			held += m.heldAt(i)
		}
		if f.tilt < hissBelow {
			hissing++
		}
		if tone[i] {
			tones++
		}
	}
	return 4*pitched >= 3*n && 3*tones <= n && 3*hissing <= n &&
		held < swellHeld*float32(pitched) && !even(m.frames[from+swellFade:to-swellFade], swellUnevenDB)
}
