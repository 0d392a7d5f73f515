package labelled

import (
	"fmt"
	"iter"
	"math/rand/v2"
)

// surroundings is where somebody speaks.
type surroundings struct {
	name string
	// How far the voice stands above what is around it, in dB, from and to; and
	// from where on it is clear enough to be surely counted.
	from, to, clear float64
	around          func(r *rand.Rand, voice []float64, level, above float64) []float64
}

// during puts the voice between some silence and mixes something with all of it.
func during(r *rand.Rand, voice []float64, with func(s float64) []float64) []float64 {
	x := joined(seconds(between(r, 0.2, 1)), voice, seconds(between(r, 0.2, 1.5)))
	return add(x, with(float64(len(x))/Rate), 0)
}

// after lets something sound, and then the voice.
func after(r *rand.Rand, voice, what []float64) []float64 {
	return joined(seconds(between(r, 0, 0.5)), what, seconds(between(r, 0.3, 1)), voice, seconds(between(r, 0.2, 1.5)))
}

var places = []surroundings{
	{"silence", 0, 0, 0, func(r *rand.Rand, v []float64, _, _ float64) []float64 {
		return during(r, v, seconds)
	}},
	{"line noise", 12, 30, 12, func(r *rand.Rand, v []float64, level, above float64) []float64 {
		return during(r, v, func(s float64) []float64 { return line(r, s, level-above) })
	}},
	{"comfort noise", 12, 30, 12, func(r *rand.Rand, v []float64, level, above float64) []float64 {
		return during(r, v, func(s float64) []float64 { return comfort(r, s, level-above) })
	}},
	{"street", 8, 22, 14, func(r *rand.Rand, v []float64, level, above float64) []float64 {
		return during(r, v, func(s float64) []float64 { return street(r, s, level-above) })
	}},
	{"hum", -6, 15, 6, func(r *rand.Rand, v []float64, level, above float64) []float64 {
		return during(r, v, func(s float64) []float64 { return hum(r, s, level-above) })
	}},
	{"music on hold", 12, 20, 18, func(r *rand.Rand, v []float64, level, above float64) []float64 {
		return during(r, v, func(s float64) []float64 { return hold(r, s, level-above) })
	}},
	{"clicks", 0, 0, 0, func(r *rand.Rand, v []float64, level, above float64) []float64 {
		return during(r, v, func(s float64) []float64 { return clicks(r, s, level-above) })
	}},
	{"ring-back before", 0, 0, 0, func(r *rand.Rand, v []float64, _, _ float64) []float64 {
		c := ringing[r.IntN(len(ringing))]
		return after(r, v, c.sounds(r, between(r, 1, 3), between(r, -30, -15)))
	}},
	{"keys before", 0, 0, 0, func(r *rand.Rand, v []float64, _, _ float64) []float64 {
		return after(r, v, keys(r, between(r, 0.5, 2), between(r, -30, -12)))
	}},
	{"lost packets", 0, 0, 0, func(r *rand.Rand, v []float64, _, _ float64) []float64 {
		return lossy(r, during(r, v, seconds))
	}},
	{"too loud", 20, 35, 20, func(r *rand.Rand, v []float64, level, above float64) []float64 {
		x := during(r, v, func(s float64) []float64 { return line(r, s, level-above) })
		return scaled(x, max(0, -15-level)) // a telephone that amplifies until it clips
	}},
}

// shortest is how long a voice must sound, in seconds, to be surely counted.
const shortest = 0.45

// spoken are all clips of voices, at each level, in some of the surroundings
// each.
func spoken(seed uint64) iter.Seq[Recording] {
	return func(yield func(Recording) bool) {
		for _, prefix := range []string{"espeak-", "human-"} {
			for _, c := range clips(prefix) {
				for _, level := range Levels {
					choose := Recording{Name: fmt.Sprint(c.name, level), seed: seed}.random("places")
					for _, i := range choose.Perm(len(places))[:3] {
						if !yield(speaking(seed, c, level, places[i])) {
							return
						}
					}
				}
			}
		}
	}
}

func speaking(seed uint64, c clip, level float64, p surroundings) Recording {
	whispered := c.speaker == "espeak-whisper" || c.speaker == "espeak-whisperf"
	rec := Recording{
		Name:  fmt.Sprintf("%s at %g in %s", c.name, level, p.name),
		Kind:  "voice in " + p.name,
		Label: Voice,
		Part:  c.part,
		Level: level,
		seed:  seed,
		make: func(r *rand.Rand) []float64 {
			above := between(r, p.from, p.to)
			return p.around(r, scaled(c.samples, level-clipLevel), level, above)
		},
	}
	if whispered {
		rec.Kind = "whisper in " + p.name
	}
	above := between(rec.random("sound"), p.from, p.to) // drawn first, as above
	if whispered || above < p.clear || level <= -45 || float64(len(c.samples))/Rate < shortest {
		rec.Label = Faint
	}
	return rec
}

// computed is a sound that a seed makes.
type computed struct {
	kind  string
	label Label
	each  int // how many at each level
	make  func(r *rand.Rand, s, dbfs float64) []float64
}

// several gives them at each level, every other one to each part.
func several(seed uint64, sounds []computed) iter.Seq[Recording] {
	return func(yield func(Recording) bool) {
		for _, c := range sounds {
			for _, level := range Levels {
				for i := range c.each {
					rec := Recording{
						Name:  fmt.Sprintf("%s %d at %g", c.kind, i, level),
						Kind:  c.kind,
						Label: c.label,
						Part:  []Part{Calibration, HeldOut}[i%2],
						Level: level,
						seed:  seed,
						make: func(r *rand.Rand) []float64 {
							s := between(r, 2.5, 6)
							x := c.make(r, s, level)
							if r.IntN(2) == 0 { // a line is rarely silent
								add(x, line(r, s, min(between(r, -72, -55), level-15)), 0)
							}
							return x
						},
					}
					if c.label == Unclear && level < -40 {
						rec.Label = Sound
					}
					if !yield(rec) {
						return
					}
				}
			}
		}
	}
}

// cried are people who do not speak.
func cried(seed uint64) iter.Seq[Recording] {
	return several(seed, []computed{
		{"sobs", Faint, 20, sobs},
		{"moans", Faint, 20, moans},
		{"breath", Unclear, 10, breath},
	})
}

// machines are everything that is no person.
func machines(seed uint64) iter.Seq[Recording] {
	return func(yield func(Recording) bool) {
		for r := range several(seed, []computed{
			{"line noise", Blank, 20, line},
			{"comfort noise", Blank, 20, comfort},
			{"street", Blank, 20, street},
			{"hum", Blank, 20, hum},
			{"clicks", Blank, 20, clicks},
			{"keys", Blank, 20, keys},
			{"ring-back", Blank, 20, func(r *rand.Rand, s, dbfs float64) []float64 {
				return ringing[r.IntN(len(ringing))].sounds(r, s, dbfs)
			}},
			{"signals", Blank, 20, func(r *rand.Rand, s, dbfs float64) []float64 {
				if i := r.IntN(len(signals) + 1); i < len(signals) {
					return signals[i].sounds(r, s, dbfs)
				}
				return information(r, s, dbfs)
			}},
			{"computed music", Blank, 20, hold},
			{"horn", Sound, 6, horn},
			{"siren", Sound, 6, siren},
			{"buzz", Sound, 6, buzz},
		}) {
			if !yield(r) {
				return
			}
		}
		for r := range held(seed) {
			if !yield(r) {
				return
			}
		}
		for r := range silence(seed) {
			if !yield(r) {
				return
			}
		}
	}
}

// held is music on hold, as it is in use.
func held(seed uint64) iter.Seq[Recording] {
	return func(yield func(Recording) bool) {
		for _, c := range clips("music-") {
			for _, level := range Levels {
				rec := Recording{
					Name:  fmt.Sprintf("%s at %g", c.name, level),
					Kind:  "music on hold",
					Label: Blank,
					Part:  c.part,
					Level: level,
					seed:  seed,
					make:  func(*rand.Rand) []float64 { return scaled(c.samples, level-clipLevel) },
				}
				if !yield(rec) {
					return
				}
			}
		}
	}
}

// silence is nothing, or next to nothing.
func silence(seed uint64) iter.Seq[Recording] {
	return func(yield func(Recording) bool) {
		for i := range 60 {
			rec := Recording{
				Name:  fmt.Sprintf("silence %d", i),
				Kind:  "silence",
				Label: Blank,
				Part:  []Part{Calibration, HeldOut}[i%2],
				seed:  seed,
				make: func(r *rand.Rand) []float64 {
					s := between(r, 0.3, 10)
					if i < 10 {
						return seconds(s)
					}
					return line(r, s, between(r, -85, -62))
				},
			}
			if !yield(rec) {
				return
			}
		}
	}
}
