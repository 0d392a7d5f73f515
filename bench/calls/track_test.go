package main

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return b
}

func TestGaps(t *testing.T) {
	said := noise(8000)
	copy(said[3000:3400], bytes.Repeat([]byte{0xD5}, 400)) // a pause
	turned := append(slices.Clone(said[6000:]), said[:6000]...)
	silence := bytes.Repeat([]byte{0x55}, 480)
	round := newTrack(said, true)
	for name, c := range map[string]struct {
		recorded []byte
		want     gaps
	}{
		"whole":             {said, gaps{Found: true}},
		"begun elsewhere":   {turned, gaps{Found: true}},
		"said twice":        {append(slices.Clone(turned), turned...), gaps{Found: true}},
		"a packet lost":     {slices.Concat(said[:1000], said[1160:]), gaps{Found: true, Places: 1, Missing: 160, Longest: 160}},
		"silence put in":    {slices.Concat(said[:1000], silence, said[1000:]), gaps{Found: true, Places: 1, Foreign: 480, Longest: 480}},
		"silence instead":   {slices.Concat(said[:1000], silence, said[1480:]), gaps{Found: true, Places: 1, Missing: 480, Foreign: 480, Longest: 480}},
		"a packet twice":    {slices.Concat(said[:1000], said[840:]), gaps{Found: true, Places: 1, Foreign: 160, Longest: 160}},
		"lost in the pause": {slices.Concat(said[:3100], said[3260:]), gaps{Found: true, Places: 1, Missing: 160, Longest: 160}},
		"lost at the turn":  {slices.Concat(said[7000:7900], said[60:1000]), gaps{Found: true, Places: 1, Missing: 160, Longest: 160}},
		"cut in two places": {slices.Concat(said[:1000], said[1160:2000], said[2320:]), gaps{Found: true, Places: 2, Missing: 480, Longest: 320}},
		"something else":    {bytes.Repeat([]byte{0x55}, 800), gaps{}},
		"nothing":           {nil, gaps{}},
	} {
		if got := round.gapsIn(c.recorded); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	said := noise(4000)
	once := newTrack(said, false)
	heard := slices.Concat(bytes.Repeat([]byte{0xD5}, 700), said, bytes.Repeat([]byte{0xD5}, 300))
	if at, in, ok := once.find(heard, 0); !ok || at-in != 700 {
		t.Errorf("found %d at %d, %v; want it to begin at 700", in, at, ok)
	}
	if at, in, ok := once.findLast(heard); !ok || at-in+len(said) != 4700 {
		t.Errorf("found %d at %d at last, %v; want it to end at 4700", in, at, ok)
	}
	if _, _, ok := once.find(bytes.Repeat([]byte{0xD5}, 700), 0); ok {
		t.Error("found in silence")
	}
}
