package config_test

import (
	"strings"
	"testing"
	"time"

	"glennline/config"
)

func TestVoice(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*config.Voice)
		want   string // "" for no fault
	}{
		"default":           {func(*config.Voice) {}, ""},
		"never blank":       {func(v *config.Voice) { v.BlankBelow = 0 }, ""},
		"all or nothing":    {func(v *config.Voice) { v.BlankBelow = v.MinSpeech }, ""},
		"no speech at all":  {func(v *config.Voice) { v.MinSpeech, v.BlankBelow = 0, 0 }, "voice.min_speech: 0s: set it from 20ms to 1m, such as 250ms"},
		"a sermon":          {func(v *config.Voice) { v.MinSpeech = 61 * time.Second }, "voice.min_speech: 1m1s: set it from 20ms to 1m, such as 250ms"},
		"counted and blank": {func(v *config.Voice) { v.BlankBelow = 300 * time.Millisecond }, "voice.blank_below: 300ms is more than voice.min_speech, 250ms: what counts would be blank; lower it"},
		"less than nothing": {func(v *config.Voice) { v.BlankBelow = -time.Second }, "voice.blank_below: -1s: set it from 0s, for never, to voice.min_speech"},
		"deafening":         {func(v *config.Voice) { v.MinLevelDBFS = 60 }, "voice.min_level_dbfs: 60: set it from -96, which is silence, to -20"},
		"below silence":     {func(v *config.Voice) { v.MinLevelDBFS = -97 }, "voice.min_level_dbfs: -97: set it from -96, which is silence, to -20"},
	} {
		t.Run(name, func(t *testing.T) {
			file := config.Default()
			tt.change(&file.Voice)
			err := file.Validate()
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Count(err.Error(), "voice.") > 2 {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
