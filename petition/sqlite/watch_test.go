package sqlite_test

import (
	"errors"
	"strings"
	"testing"

	"glennline/petition"
	"glennline/petition/sqlite"
)

func TestWatch(t *testing.T) {
	confide := func(n int) func(*testing.T, *sqlite.DB) {
		return func(t *testing.T, db *sqlite.DB) { t.Helper(); decide(t, db, petition.StatusConfidential, n) }
	}
	for name, tt := range map[string]struct {
		filter sqlite.ExportFilter
		do     func(*testing.T, *sqlite.DB)
		barred int // call; 0 for none
	}{
		"nothing":      {do: func(*testing.T, *sqlite.DB) {}},
		"confidential": {do: confide(2), barred: 2},
		"withdrawn":    {do: func(t *testing.T, db *sqlite.DB) { t.Helper(); decide(t, db, petition.StatusWithdrawn, 1) }, barred: 1},
		"rejected":     {do: func(t *testing.T, db *sqlite.DB) { t.Helper(); decide(t, db, petition.StatusRejected, 1) }},
		"held before":  {do: func(t *testing.T, db *sqlite.DB) { t.Helper(); decide(t, db, petition.StatusWithdrawn, 4) }},
		"erased": {do: func(t *testing.T, db *sqlite.DB) {
			t.Helper()
			if err := db.Forget(t.Context(), id(1), "alice"); err != nil {
				t.Fatal(err)
			}
		}, barred: 1},
		"not asked for":   {filter: sqlite.ExportFilter{Until: call(2).StartedAt}, do: confide(2)},
		"of another line": {filter: sqlite.ExportFilter{Line: "other"}, do: confide(2)},
		"came later": {do: func(t *testing.T, db *sqlite.DB) {
			t.Helper()
			settle(t, db, call(5), message(5))
			decide(t, db, petition.StatusConfidential, 5)
		}},
		"came later, with the samples of one": {do: func(t *testing.T, db *sqlite.DB) {
			t.Helper()
			again := message(5)
			again.Voice.AudioSHA256 = message(2).Voice.AudioSHA256
			settle(t, db, call(5), again)
			decide(t, db, petition.StatusConfidential, 5)
		}, barred: 2},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, sqlite.Config{Path: path(t)})
			for n := 1; n <= 4; n++ {
				settle(t, db, call(n), message(n))
			}
			decide(t, db, petition.StatusConfidential, 4)
			s := snapshot(t, db)
			w, err := s.Watch(t.Context(), tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Check(t.Context()); err != nil {
				t.Fatalf("before anything was done: %v", err)
			}
			tt.do(t, db)
			for range 2 {
				err = w.Check(t.Context())
				switch {
				case tt.barred == 0 && err != nil:
					t.Fatal(err)
				case tt.barred > 0 && (!errors.Is(err, sqlite.ErrTakenOut) || !strings.Contains(err.Error(), id(tt.barred))):
					t.Fatalf("error = %v, want ErrTakenOut of %s", err, id(tt.barred))
				}
			}
		})
	}
}
