// Package audio is the hearing of a test caller: the two G.711 laws, levels, a
// detector that finds a beep in what is heard, and a comparison of what was
// said with what was recorded.
//
// Samples are 16-bit linear PCM, mono, at 8000 a second (Rate) unless a
// parameter says otherwise. Levels are RMS in dBFS, where 0 is a square wave
// at full scale (a sine at full scale is -3.01) and Silence stands for no
// signal at all.
package audio

import (
	"time"

	"github.com/zaf/g711"
)

// Rate is the sampling rate of telephone audio, in samples a second.
const Rate = 8000

// span is how long so many samples last.
func span(samples int) time.Duration { return time.Duration(samples) * time.Second / Rate }

// Law is a G.711 companding law: how eight bits hold a sample on the line.
type Law uint8

// The laws. Europe's telephone networks use A-law.
const (
	ALaw Law = iota
	MuLaw
)

// Encode appends the samples to dst, one byte each.
func (l Law) Encode(dst []byte, samples []int16) []byte {
	for _, s := range samples {
		if l == MuLaw {
			dst = append(dst, g711.EncodeUlawFrame(s))
		} else {
			dst = append(dst, g711.EncodeAlawFrame(s))
		}
	}
	return dst
}

// Decode appends the payload's samples to dst, one for each byte.
func (l Law) Decode(dst []int16, payload []byte) []int16 {
	for _, b := range payload {
		if l == MuLaw {
			dst = append(dst, g711.DecodeUlawFrame(b))
		} else {
			dst = append(dst, g711.DecodeAlawFrame(b))
		}
	}
	return dst
}
