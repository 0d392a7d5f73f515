package backup

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"glennline/petition/sqlite"
)

// Who ends a backup while its copy is looked at is not told that their database is
// damaged.
func TestToldToEndIsNoDamage(t *testing.T) {
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "glennline.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = (&run{}).judge(ctx, db)
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "damaged") {
		t.Errorf("%v, want context.Canceled and nothing of damage", err)
	}
	if err := damagedBefore(&sqlite.UnavailableError{Cause: sqlite.ErrCorrupt}); !strings.Contains(err.Error(), "was damaged before") {
		t.Errorf("damage is told as %v", err)
	}
}
