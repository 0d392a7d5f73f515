package petition_test

import (
	"math"
	"testing"

	"glennline/petition"
)

func TestJudge(t *testing.T) {
	heard := petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true}
	cut := petition.Consent{Notice: "0123456789ab", Language: "fr"}
	below := math.Nextafter(petition.MinSpeechSeconds, 0)
	above := math.Nextafter(petition.BlankPeakDBFS, 0)

	tests := map[string]struct {
		consent petition.Consent
		measure petition.Measure
		status  petition.Status
		reason  string
	}{
		"speech":                    {heard, petition.Measure{Seconds: 4, SpeechSeconds: 2.1, PeakDBFS: -6}, petition.StatusCounted, "voice"},
		"just enough speech":        {heard, petition.Measure{Seconds: 4, SpeechSeconds: petition.MinSpeechSeconds, PeakDBFS: -20}, petition.StatusCounted, "voice"},
		"quiet speech":              {heard, petition.Measure{Seconds: 4, SpeechSeconds: 1, PeakDBFS: -60}, petition.StatusCounted, "voice"},
		"too little speech":         {heard, petition.Measure{Seconds: 4, SpeechSeconds: below, PeakDBFS: -20}, petition.StatusReview, "faint"},
		"a sound, no speech":        {heard, petition.Measure{Seconds: 4, PeakDBFS: above}, petition.StatusReview, "faint"},
		"near-silence":              {heard, petition.Measure{Seconds: 4, PeakDBFS: petition.BlankPeakDBFS}, petition.StatusBlank, "no_voice"},
		"digital silence":           {heard, petition.Measure{Seconds: 4, LevelDBFS: -96, PeakDBFS: -96}, petition.StatusBlank, "no_voice"},
		"silence of minus infinity": {heard, petition.Measure{Seconds: 4, PeakDBFS: math.Inf(-1)}, petition.StatusBlank, "no_voice"},
		"peak unmeasured":           {heard, petition.Measure{Seconds: 4, PeakDBFS: math.NaN()}, petition.StatusReview, "faint"},
		"speech unmeasured":         {heard, petition.Measure{Seconds: 4, SpeechSeconds: math.NaN(), PeakDBFS: -96}, petition.StatusReview, "faint"},
		"notice cut short":          {cut, petition.Measure{Seconds: 4, SpeechSeconds: 2.1, PeakDBFS: -6}, petition.StatusReview, "no_notice"},
		"notice cut short, silent":  {cut, petition.Measure{Seconds: 4, PeakDBFS: -96}, petition.StatusReview, "no_notice"},
		"no evidence of a notice":   {petition.Consent{}, petition.Measure{SpeechSeconds: 2.1}, petition.StatusReview, "no_notice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, reason := petition.Judge(tt.consent, tt.measure)
			if status != tt.status || reason != tt.reason {
				t.Errorf("Judge = %s, %s; want %s, %s", status, reason, tt.status, tt.reason)
			}
		})
	}
}
