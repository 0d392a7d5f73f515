package config_test

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

func TestCampaign(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "0001-01-01T00:00:00Z",
		"2026-12-18":           "2026-12-19T00:00:00+01:00",
		"2026-10-25":           "2026-10-26T00:00:00+01:00", // a day of 25 hours
		"2026-03-28":           "2026-03-29T00:00:00+01:00",
		"\"2026-07-01 18:00\"": "2026-07-01T18:00:00+02:00",
	} {
		f := load(t, "campaign:\n  deadline: "+cmp.Or(text, `""`)+"\n")
		if got := f.DeadlineAt().Format(time.RFC3339); got != want {
			t.Errorf("deadline %s: %s, want %s", text, got, want)
		}
		if err := f.Validate(); err != nil {
			t.Errorf("deadline %s: %v", text, err)
		}
	}
	f := load(t, "campaign:\n  goal: 100\n", "GLENNLINE_CAMPAIGN_MILESTONES=10, 50", "GLENNLINE_CAMPAIGN_GOAL=75")
	if f.Campaign.Goal != 75 || !slices.Equal(f.Campaign.Milestones, []int{10, 50}) {
		t.Errorf("from variables: %+v", f.Campaign)
	}
}
