package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// Refusals are told by their cause, whatever stands before the dialplan's contexts,
// and stay told when their records are removed.
func TestWitnessTotalsTellWhyCallsWereRefused(t *testing.T) {
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "glennline.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	at := time.Unix(1763814000, 0)
	seen := map[string]string{
		"gl-1.1": "full-calls", "gl-1.2": "glennline-full-calls", "gl-1.3": "full-caller", "gl-1.4": "glennline-full-disk",
		"gl-1.5": "call", "gl-1.6": "closed", "gl-1.7": "unknown-number",
	}
	var events []petition.ChannelEvent
	for id, context := range seen {
		events = append(events, petition.ChannelEvent{Kind: petition.ChannelStarted, UniqueID: id, At: at, Context: context})
	}
	for id, context := range map[string]string{"gl-1.8": "call", "gl-1.9": "fallback-line", "gl-1.10": "glennline-fallback", "gl-1.11": "full-disk"} {
		seen[id] = context
		events = append(events,
			petition.ChannelEvent{Kind: petition.ChannelStarted, UniqueID: id, At: at, Context: "from-trunk"},
			petition.ChannelEvent{Kind: petition.ChannelAnswered, UniqueID: id, At: at, Context: context},
			petition.ChannelEvent{Kind: petition.ChannelHungUp, UniqueID: id, At: at, Context: context})
	}
	known := call(1) // of the ledger, so its record may go
	known.UniqueID = "gl-1.9"
	begin(t, db, known)
	if err := db.ImportWitness(t.Context(), sqlite.WitnessLog{Path: "log", Inode: 1, Offset: 1}, events); err != nil {
		t.Fatal(err)
	}
	want := sqlite.WitnessTotals{
		Channels: len(seen), Answered: 4, Fallback: 2, Refused: 4,
		RefusedFor: map[petition.Way]int{petition.WayFullCalls: 2, petition.WayFullCaller: 1, petition.WayFullDisk: 1},
	}
	for _, when := range []string{"as they are", "after they were removed"} {
		got, err := db.WitnessTotals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", when, d)
		}
		if err := db.PurgeWitness(t.Context(), at.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := db.DueWitness(t.Context(), at.Add(time.Second)); err != nil || left != 0 {
		t.Errorf("%d records were not removed (%v)", left, err)
	}
	// A report tells all that were refused, want of room or not.
	moment, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer moment.Close()
	purged, err := moment.PurgedWitness(t.Context())
	if want := (sqlite.PurgedWitness{Before: at.Add(time.Second).UTC(), Refused: 6, Fallback: 1}); err != nil || purged != want {
		t.Errorf("removed %+v (%v), want %+v", purged, err, want)
	}
}
