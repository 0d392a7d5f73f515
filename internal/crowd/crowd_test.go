package crowd

import (
	"path/filepath"
	"testing"
	"time"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// A crowd stands as the rule has it: whoever compares its signatures finds nothing
// to change, and has groups to compare.
func TestCrowdStandsByTheRule(t *testing.T) {
	for _, again := range []float64{0, 0.3} {
		path := filepath.Join(t.TempDir(), "glennline.db")
		launch := time.Date(2026, 11, 18, 18, 30, 0, 0, time.UTC)
		const counted = 1500
		cfg := Config{Launch: launch, Until: launch.AddDate(0, 0, 10), Counted: counted, Seed: 7, Again: again}
		if err := Make(t.Context(), path, cfg); err != nil {
			t.Fatal(err)
		}
		db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		kinds, changes := map[string]int{}, 0
		err = db.Groups(t.Context(), func(g sqlite.Group) error {
			kinds[g.Kind]++
			changes += len(g.Changes)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if changes != 0 || kinds[petition.StatusReasonSameAudio] == 0 || (kinds[petition.StatusReasonSameMobile] > 0) != (again > 0) {
			t.Errorf("%v of the mobile telephones call again: groups %v, %d changes, want none", again, kinds, changes)
		}
		figure, err := db.Figure(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if figure.Counted != counted {
			t.Errorf("%v call again: %d signatures count, want %d", again, figure.Counted, counted)
		}
	}
}
