package petition_test

import (
	"math"
	"testing"

	"glennline/petition"
)

func TestJudge(t *testing.T) {
	heard := petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true}
	cut := petition.Consent{Notice: "0123456789ab", Language: "fr"}
	rule := petition.DefaultThresholds()
	below := func(v float64) float64 { return math.Nextafter(v, math.Inf(-1)) }

	tests := map[string]struct {
		consent petition.Consent
		measure petition.Measure
		status  petition.Status
		reason  string
	}{
		"speech":                  {heard, petition.Measure{Seconds: 4, SpeechSeconds: 2.1, LevelDBFS: -20}, petition.StatusCounted, "voice"},
		"just enough speech":      {heard, petition.Measure{Seconds: 4, SpeechSeconds: rule.SpeechSeconds, LevelDBFS: -20}, petition.StatusCounted, "voice"},
		"quiet speech":            {heard, petition.Measure{Seconds: 4, SpeechSeconds: 1, LevelDBFS: rule.LevelDBFS}, petition.StatusCounted, "voice"},
		"too quiet":               {heard, petition.Measure{Seconds: 4, SpeechSeconds: 1, LevelDBFS: below(rule.LevelDBFS)}, petition.StatusReview, "faint"},
		"too little speech":       {heard, petition.Measure{Seconds: 4, SpeechSeconds: below(rule.SpeechSeconds)}, petition.StatusReview, "faint"},
		"a whisper":               {heard, petition.Measure{Seconds: 4, UnclearSeconds: 1.2, LevelDBFS: -40}, petition.StatusReview, "faint"},
		"some of both":            {heard, petition.Measure{Seconds: 4, SpeechSeconds: rule.BlankSeconds / 2, UnclearSeconds: rule.BlankSeconds / 2}, petition.StatusReview, "faint"},
		"a loud machine":          {heard, petition.Measure{Seconds: 4, LevelDBFS: -10, PeakDBFS: -3, ToneSeconds: 4}, petition.StatusBlank, "no_voice"},
		"next to nothing":         {heard, petition.Measure{Seconds: 4, UnclearSeconds: below(rule.BlankSeconds)}, petition.StatusBlank, "no_voice"},
		"digital silence":         {heard, petition.Measure{Seconds: 4, LevelDBFS: -96, PeakDBFS: -96}, petition.StatusBlank, "no_voice"},
		"speech unmeasured":       {heard, petition.Measure{Seconds: 4, SpeechSeconds: math.NaN(), PeakDBFS: -96}, petition.StatusReview, "faint"},
		"unclear unmeasured":      {heard, petition.Measure{Seconds: 4, UnclearSeconds: math.NaN(), PeakDBFS: -96}, petition.StatusReview, "faint"},
		"level unmeasured":        {heard, petition.Measure{Seconds: 4, SpeechSeconds: 1, LevelDBFS: math.NaN()}, petition.StatusReview, "faint"},
		"notice cut short":        {cut, petition.Measure{Seconds: 4, SpeechSeconds: 2.1}, petition.StatusReview, "no_notice"},
		"notice cut short, blank": {cut, petition.Measure{Seconds: 4, PeakDBFS: -96}, petition.StatusReview, "no_notice"},
		"no evidence of a notice": {petition.Consent{}, petition.Measure{SpeechSeconds: 2.1}, petition.StatusReview, "no_notice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, reason := rule.Judge(tt.consent, tt.measure)
			if status != tt.status || reason != tt.reason {
				t.Errorf("Judge = %s, %s; want %s, %s", status, reason, tt.status, tt.reason)
			}
		})
	}
}

func TestOtherThresholds(t *testing.T) {
	heard := petition.Consent{Complete: true}
	m := petition.Measure{SpeechSeconds: 0.4, UnclearSeconds: 0.2, LevelDBFS: -52}
	for _, tt := range []struct {
		rule petition.Thresholds
		want petition.Status
	}{
		{petition.Thresholds{}.Or(), petition.StatusCounted},
		{petition.Thresholds{SpeechSeconds: 0.5, LevelDBFS: -60, BlankSeconds: 0.1}, petition.StatusReview},
		{petition.Thresholds{SpeechSeconds: 0.3, LevelDBFS: -50, BlankSeconds: 0.1}, petition.StatusReview},
		{petition.Thresholds{SpeechSeconds: 1, LevelDBFS: -60, BlankSeconds: 0.7}, petition.StatusBlank},
	} {
		if got, _ := tt.rule.Or().Judge(heard, m); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.rule, got, tt.want)
		}
	}
}
