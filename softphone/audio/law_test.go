package audio

import (
	"math"
	"testing"
)

// The values are those of ITU-T G.711: silence, and both ends of the scale.
func TestLawKnownCodes(t *testing.T) {
	tests := []struct {
		law    Law
		sample int16
		code   byte
	}{
		{ALaw, 0, 0xD5},
		{ALaw, -1, 0x55},
		{ALaw, 32767, 0xAA},
		{ALaw, -32768, 0x2A},
		{ALaw, 1000, 0xFA},
		{ALaw, -1000, 0x7A},
		{MuLaw, 0, 0xFF},
		{MuLaw, 32767, 0x80},
		{MuLaw, -32768, 0x00},
		{MuLaw, 1000, 0xCE},
		{MuLaw, -1000, 0x4E},
	}
	for _, tt := range tests {
		if got := tt.law.Encode(nil, []int16{tt.sample})[0]; got != tt.code {
			t.Errorf("law %d of %d is %#x, want %#x", tt.law, tt.sample, got, tt.code)
		}
	}
}

func TestLawEveryCodeSurvives(t *testing.T) {
	for _, law := range []Law{ALaw, MuLaw} {
		for code := range 256 {
			samples := law.Decode(nil, []byte{byte(code)})
			back := law.Encode(nil, samples)[0]
			if back != byte(code) && samples[0] != 0 { // u-law has two zeros
				t.Errorf("law %d: code %#x became %d and then %#x", law, code, samples[0], back)
			}
		}
	}
}

// G.711 has 16 steps in each octave: the error of a loud sample is at most a
// half step, one thirty-second of it.
func TestLawErrorIsSmall(t *testing.T) {
	for _, law := range []Law{ALaw, MuLaw} {
		for x := -32635; x <= 32635; x++ {
			got := law.Decode(nil, law.Encode(nil, []int16{int16(x)}))[0]
			bound := math.Abs(float64(x))/32 + 16
			if diff := math.Abs(float64(int(got) - x)); diff > bound {
				t.Fatalf("law %d: %d came back as %d", law, x, got)
			}
		}
	}
}

func TestLevel(t *testing.T) {
	square := []int16{-32768, -32768, -32768, -32768}
	if got := LevelDB(square); math.Abs(got) > 0.001 {
		t.Errorf("full-scale square wave has %.3f dBFS, want 0", got)
	}
	if got := LevelDB(tone(1000, 0, 800)); math.Abs(got+3.01) > 0.01 {
		t.Errorf("full-scale sine has %.3f dBFS, want -3.01", got)
	}
	for _, silence := range [][]int16{nil, make([]int16, 100)} {
		if got := LevelDB(silence); got != Silence {
			t.Errorf("silence has %.1f dBFS, want %v", got, Silence)
		}
	}
}
