package config

import "time"

// Voice is when a recording is taken for a voice, by what is measured in it, in
// pieces of 20 ms.
type Voice struct {
	MinSpeech    time.Duration `yaml:"min_speech"`     // that counts
	MinLevelDBFS int           `yaml:"min_level_dbfs"` // quieter speech is reviewed
	BlankBelow   time.Duration `yaml:"blank_below"`    // of speech and of what may be a person; 0 for never
}

// measured is the length of the pieces.
const measured = 20 * time.Millisecond

func (c *checker) voice() {
	v := c.file.Voice
	switch {
	case v.MinSpeech < measured || v.MinSpeech > time.Minute:
		c.fault("voice.min_speech", "%s: set it from %s to 1m, such as 250ms", brief(v.MinSpeech), brief(measured))
	case v.BlankBelow > v.MinSpeech:
		c.fault("voice.blank_below", "%s is more than voice.min_speech, %s: what counts would be blank; lower it", brief(v.BlankBelow), brief(v.MinSpeech))
	}
	if v.BlankBelow < 0 {
		c.fault("voice.blank_below", "%s: set it from 0s, for never, to voice.min_speech", brief(v.BlankBelow))
	}
	if v.MinLevelDBFS < -96 || v.MinLevelDBFS > -20 {
		c.fault("voice.min_level_dbfs", "%d: set it from -96, which is silence, to -20", v.MinLevelDBFS)
	}
}
