package main

import (
	"testing"

	"glennline/config"
	"glennline/petition"
)

// What the configuration says by default is what the labelled set is tested with.
func TestDefaultThresholdsAreThoseOfTheLabelledSet(t *testing.T) {
	if got := thresholds(config.Default()); got != petition.DefaultThresholds() {
		t.Errorf("%+v, want %+v", got, petition.DefaultThresholds())
	}
}
