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

const sampleRate = 8000

// prompts is how long name, notice and beep of makeAudio take together.
const prompts = 2400 * time.Millisecond

// makeAudio writes the line's prompts below dir, and what the callers say, in
// A-law, beside them: four voices.
func makeAudio(dir string) error {
	folder := filepath.Join(dir, "prompts")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	spoken, err := speech("fr")
	if err != nil {
		return err
	}
	beep, err := wav.Read("voicemail/prompts/placeholder/fr/beep.wav")
	if err != nil {
		return err
	}
	rest := int(prompts.Seconds()*sampleRate) - len(beep.Samples)
	for name, samples := range map[string][]int16{
		"name.wav":   spoken[:rest/4],
		"notice.wav": spoken[rest/4 : rest],
		"beep.wav":   beep.Samples,
		"again.wav":  spoken[:rest/4],
		"busy.wav":   spoken[:rest/4],
	} {
		var b bytes.Buffer
		if err := wav.Write(&b, sampleRate, samples); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	for n, language := range []string{"fr", "nl", "de", "en"} {
		voice, err := speech(language)
		if err != nil {
			return err
		}
		raw := make([]byte, 0, 2*len(voice))
		for _, s := range voice {
			raw = binary.LittleEndian.AppendUint16(raw, uint16(s))
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("voice%d.alaw", n)), g711.EncodeAlaw(raw), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// speech is a synthesizer's, from the placeholder of a notice.
func speech(language string) ([]int16, error) {
	audio, err := wav.Read("voicemail/prompts/placeholder/" + language + "/notice.wav")
	if err != nil {
		return nil, fmt.Errorf("run it from the project's folder: %w", err)
	}
	return audio.Samples, nil
}
