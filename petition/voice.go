package petition

import "time"

// Voice is a recording in the archive.
type Voice struct {
	Path        string // below the archive's folder: 2026/11/22/<ULID>.wav
	FileSHA256  string // hex, of the whole file: what sha256sum prints
	AudioSHA256 string // hex, of the samples alone: equal for exact repeats
	Measure     Measure
	Repaired    bool // the header's sizes were wrong and were set from the file's length

	PurgedAt time.Time `json:",omitzero"` // when the recording was removed, its time being over; zero while it is kept
}

// Measure is what was measured in a recording.
type Measure struct {
	Version        int     // of how it was measured; 0 where that is not known
	Seconds        float64 // length of the audio
	SpeechSeconds  float64 // sounds that stand out of the noise floor and have a pitch that moves
	UnclearSeconds float64 // sounds that stand out and may be a person: whispers, breath, held notes
	LevelDBFS      float64 // RMS of the speech, else of what is unclear, else of all; -96 for digital silence
	PeakDBFS       float64
	Clipped        float64 // share of samples at full scale, 0 to 1
	NoiseDBFS      float64 // RMS of the quietest tenth of the frames; -96 for digital silence
	HumDBFS        float64 // RMS of the steady part at 50 to 150 Hz; -96 for none
	ToneSeconds    float64 // frames with pure tones and nothing else: keys, ring-back, beeps
}
