package wav

import "slices"

// What stands out. Levels are those of the high-passed frames, in dBFS.
const (
	speechGateDBFS = -62 // what lies below is near-silence, whatever it stands out of
	speechMarginDB = 5   // above the noise floor, for three frames: steady noise never does
	speechFrames   = 3   // what is shorter is a click
	edgeMarginDB   = 3   // above the noise floor, for the beginning and the end of a word
	edgeFrames     = 5
	floorFrames    = framesPerSecond / 2
	voicedMarginDB = 12 // above the quietest tenth, of what has a pitch
	silentDB       = 12 // below speechGateDBFS: how silent the quietest tenth can be
)

// heard is what a frame belongs to. Where sounds overlap, the greater counts.
type heard uint8

const (
	heardNoise   heard = iota // nothing that stands out, or surely a machine
	heardUnclear              // perhaps a person: a whisper, breath, one who holds a note
	heardVoice
)

// hear says what each frame belongs to. What stands out of the noise floor is
// looked at as a whole, from where it sets in until it stops.
func (m *Meter) hear(tone []bool) []heard {
	floor := m.floor()
	quiet := max(m.quietest(func(f *frame) float32 { return f.level }), speechGateDBFS-silentDB)
	stands := func(i int, margin float32) bool {
		f := &m.frames[i]
		switch {
		case tone[i] || f.level < speechGateDBFS:
			return false
		case f.level >= floor[i]+margin:
			return true
		}
		// A vowel that lasts is its own floor.
		return f.level >= quiet+voicedMarginDB && m.pitch(i) >= voicedFrom
	}
	all := make([]heard, len(m.frames))
	for i := 0; i < len(all); i++ {
		from := i
		for i < len(all) && (stands(i, speechMarginDB) || i > from && m.lost(i) && stands(i+1, speechMarginDB)) {
			i++
		}
		if i-from < speechFrames {
			continue
		}
		to := i
		for k := 0; k < edgeFrames && from > 0 && stands(from-1, edgeMarginDB); k++ {
			from--
		}
		for k := 0; k < edgeFrames && to < len(all) && stands(to, edgeMarginDB); k++ {
			to++
		}
		what := heardNoise
		if s := m.soundOf(from, to, floor); !s.cutOff() {
			what = s.source()
		}
		for k := from; k < to; k++ {
			all[k] = max(all[k], what)
		}
	}
	m.doubt(all, tone)
	if !slices.ContainsFunc(all, func(what heard) bool { return what != heardNoise }) {
		m.swells(all, tone, quiet)
	}
	return all
}

// lost reports whether a frame, which is not the last, is silent as where a
// packet was lost.
func (m *Meter) lost(i int) bool {
	return i+1 < len(m.frames) && m.frames[i].level <= silenceDBFS
}

// When voices are doubted, because what holds its pitch is about as loud and
// lasts longer: most of a second of music, and parts of it that sound as voices.
const (
	doubtFrames  = framesPerSecond
	doubtTimes   = 2   // as long as what is taken for voices
	doubtBelowDB = 10  // less loud than that
	doubtHeld    = 0.7 // likeness after several periods
	doubtFlatDB  = 0.25
)

// doubt takes the voices back in a recording where most of what has a pitch
// holds it. What keeps its level too is a tone, and no reason for doubt.
func (m *Meter) doubt(all []heard, tone []bool) {
	voice, level := 0, float32(0)
	for i, what := range all {
		if what == heardVoice {
			voice++
			level += m.frames[i].level
		}
	}
	if voice == 0 {
		return
	}
	least := level/float32(voice) - doubtBelowDB
	may := make([]int, 0, len(all)) // be held, as far as is known without looking for pitch
	for i := 2; i < len(all); i++ {
		f := &m.frames[i]
		flat := max(f.level-m.frames[i-2].level, m.frames[i-2].level-f.level) <= doubtFlatDB
		if all[i] == heardNoise && !tone[i] && !flat && f.level >= least && f.look != lookNowhere {
			may = append(may, i)
		}
	}
	held := 0
	for k, i := range may {
		if held+len(may)-k < max(doubtFrames, doubtTimes*voice) {
			return
		}
		if m.pitch(i) >= voicedFrom && m.heldAt(i) >= doubtHeld {
			held++
		}
	}
	if held < doubtFrames || held < doubtTimes*voice {
		return
	}
	for i, what := range all {
		if what == heardVoice {
			all[i] = heardUnclear
		}
	}
}
