package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/zaf/g711"

	"glennline/voicemail/wav"
)

// prompts is how long name, notice and beep take together. They are real
// speech, but the notice is cut so that most of a call is the message.
const prompts = 3200 * time.Millisecond

const (
	spoken     = "voicemail/prompts/placeholder/fr"
	sampleRate = 8000
)

// makePrompts writes the line's prompts into a folder.
func makePrompts(folder string) error {
	name, err := wav.Read(filepath.Join(spoken, "name.wav"))
	if err != nil {
		return fmt.Errorf("run it from the project's folder: %w", err)
	}
	notice, err := wav.Read(filepath.Join(spoken, "notice.wav"))
	if err != nil {
		return err
	}
	beep, err := wav.Read(filepath.Join(spoken, "beep.wav"))
	if err != nil {
		return err
	}
	left := int(prompts.Seconds()*sampleRate) - len(name.Samples) - len(beep.Samples)
	if left < sampleRate/2 || left > len(notice.Samples) {
		return fmt.Errorf("%s: name and beep leave %d samples of %s for the notice", spoken, left, prompts)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, samples := range map[string][]int16{
		"name.wav":   name.Samples,
		"notice.wav": notice.Samples[:left],
		"beep.wav":   beep.Samples,
		"again.wav":  name.Samples,
		"busy.wav":   name.Samples,
	} {
		var b bytes.Buffer
		if err := wav.Write(&b, sampleRate, samples); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// speech is what all callers have to say, in A-law. Each begins it elsewhere.
func speech() ([]byte, error) {
	said, err := wav.Read(filepath.Join(spoken, "notice.wav"))
	if err != nil {
		return nil, fmt.Errorf("run it from the project's folder: %w", err)
	}
	raw := make([]byte, 0, 2*len(said.Samples))
	for _, s := range said.Samples {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(s))
	}
	return g711.EncodeAlaw(raw), nil
}

// lasting goes on at the beginning until it is long enough, as SIPp does: who
// fell silent would be hung up on.
func lasting(speech []byte, length time.Duration) []byte {
	size := int(length.Seconds() * sampleRate)
	said := make([]byte, 0, size)
	for len(said) < size {
		said = append(said, speech[:min(len(speech), size-len(said))]...)
	}
	return said
}

// turn begins the speech elsewhere for every n, and not just some packets
// later: no two recordings are the same, sample for sample, because that is a
// case of its own, which costs more.
func turn(speech []byte, n int, length time.Duration) []byte {
	const apart = 10*160 + 1                                   // samples: a packet has 160
	size := min(int(length.Seconds()*sampleRate), len(speech)) // SIPp goes on at the beginning
	turned := make([]byte, 0, size)
	for at := n * apart % len(speech); len(turned) < size; at = 0 {
		turned = append(turned, speech[at:min(len(speech), at+size-len(turned))]...)
	}
	return turned
}
