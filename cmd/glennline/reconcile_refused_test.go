package main

import (
	"testing"

	"glennline/ops/reconcile"
	"glennline/petition"
)

// Each refusal is told by its cause; where the cause was not kept, that is told.
func TestRefusals(t *testing.T) {
	for want, totals := range map[string]reconcile.Totals{
		"0 refused for want of room":               {},
		"3 refused for want of room (3 max_calls)": {Refused: 3, RefusedFor: map[petition.Way]int{petition.WayFullCalls: 3}},
		"6 refused for want of room (1 max_calls, 2 per_caller, 1 disk, 2 for reasons that were not kept)": {
			Refused: 6, RefusedFor: map[petition.Way]int{petition.WayFullDisk: 1, petition.WayFullCalls: 1, petition.WayFullCaller: 2},
		},
	} {
		if got := refusals(totals); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
