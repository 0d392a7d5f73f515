package main

import (
	"bytes"

	"glennline/softphone/audio"
)

// track is known audio, in A-law, in which what was heard or recorded is found
// again to the sample. A-law loses nothing when it is decoded and encoded again,
// so that any difference was made on the way.
type track struct {
	bytes []byte
	round bool        // it goes on at its beginning
	at    map[key]int // where something stands that stands nowhere else; -1 for what stands in more places
}

// key is as much as is looked for: 2 ms. In speech that is enough to stand in
// one place alone; what is silent or periodic there is passed over.
type key [16]byte

func newTrack(alaw []byte, round bool) *track {
	t := &track{bytes: alaw, round: round, at: map[key]int{}}
	turned := alaw
	if round && len(alaw) >= len(key{}) {
		turned = append(bytes.Clone(alaw), alaw[:len(key{})-1]...)
	}
	for i := 0; i+len(key{}) <= len(turned); i++ {
		k := key(turned[i:])
		if _, twice := t.at[k]; twice {
			t.at[k] = -1
		} else {
			t.at[k] = i
		}
	}
	return t
}

// find is the first place from which on something in heard stands in the track
// too, and where there.
func (t *track) find(heard []byte, from int) (at, in int, ok bool) {
	for i := from; i+len(key{}) <= len(heard); i++ {
		if p, known := t.at[key(heard[i:])]; known && p >= 0 {
			return i, p, true
		}
	}
	return 0, 0, false
}

// findLast is the last such place.
func (t *track) findLast(heard []byte) (at, in int, ok bool) {
	for i := len(heard) - len(key{}); i >= 0; i-- {
		if p, known := t.at[key(heard[i:])]; known && p >= 0 {
			return i, p, true
		}
	}
	return 0, 0, false
}

// gaps is what a recording lacks of what was said into it.
type gaps struct {
	Found   bool // any of it at all
	Places  int  // where something is missing, or stands that was not said
	Missing int  // samples that were said and are not there
	Foreign int  // samples that are there and were not said, such as silence put in
	Longest int  // the longest of either, in samples
}

// gapsIn follows a recording through the track. Before the first and after the
// last sample that is known, nothing is judged.
func (t *track) gapsIn(recorded []byte) gaps {
	at, in, ok := t.find(recorded, 0)
	if !ok {
		return gaps{}
	}
	g := gaps{Found: true}
	for {
		for at < len(recorded) && in < len(t.bytes) && recorded[at] == t.bytes[in] {
			at, in = at+1, t.after(in, 1)
		}
		next, there, ok := t.find(recorded, at)
		if !ok {
			return g
		}
		for next > at && recorded[next-1] == t.bytes[t.after(there, -1)] { // what stands there, but not there alone
			next, there = next-1, t.after(there, -1)
		}
		foreign, missing := next-at, t.distance(in, there)
		if missing < 0 { // it was said before: it stands there again
			foreign, missing = foreign-missing, 0
		}
		g.Places++
		g.Missing += missing
		g.Foreign += foreign
		g.Longest = max(g.Longest, missing, foreign)
		at, in = next, there
	}
}

func (t *track) after(in, samples int) int {
	if t.round {
		return (in + samples + len(t.bytes)) % len(t.bytes)
	}
	return max(0, in+samples)
}

// distance is from one place to another; in a round track the shorter way, which
// is negative backwards.
func (t *track) distance(from, to int) int {
	d := to - from
	if t.round {
		switch n := len(t.bytes); {
		case d > n/2:
			d -= n
		case d < -n/2:
			d += n
		}
	}
	return d
}

// alaw is what samples are on the line.
func alaw(samples []int16) []byte { return audio.ALaw.Encode(nil, samples) }
