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

// makeAudio writes the line's prompts into a folder, and what every caller
// says, in A-law, to a file.
func makeAudio(folder, caller string) error {
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
	raw := make([]byte, 0, 2*len(notice.Samples))
	for _, s := range notice.Samples {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(s))
	}
	return os.WriteFile(caller, g711.EncodeAlaw(raw), 0o644)
}
