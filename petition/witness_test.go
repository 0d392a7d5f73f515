package petition_test

import (
	"testing"

	"glennline/petition"
)

func TestWay(t *testing.T) {
	for context, want := range map[string]petition.Way{
		"":                        petition.WayServed,
		"call":                    petition.WayServed,
		"from-carrier":            petition.WayServed,
		"disclosed":               petition.WayServed,
		"fallback":                petition.WayFallback,
		"glennline-fallback-line": petition.WayFallback,
		"glennline-full-disk":     petition.WayFullDisk,
		"full-calls":              petition.WayFullCalls,
		"full-caller":             petition.WayFullCaller,
		"closed":                  petition.WayClosed,
		"unknown-number":          petition.WayUnknownNumber,
	} {
		if got := (petition.Witnessed{Context: context}).Way(); got != want {
			t.Errorf("%q: %s, want %s", context, got, want)
		}
	}
}
