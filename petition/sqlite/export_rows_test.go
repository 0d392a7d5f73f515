package sqlite_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

func exported(t *testing.T, s *sqlite.Snapshot, f sqlite.ExportFilter) (rows []sqlite.ExportRow) {
	t.Helper()
	if err := s.ExportRows(t.Context(), f, func(r *sqlite.ExportRow) error {
		rows = append(rows, *r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

// numbers are the calls of rows, by number.
func numbers(rows []sqlite.ExportRow) (numbers []int) {
	for _, r := range rows {
		for n := range 100 {
			if id(n) == r.ID {
				numbers = append(numbers, n)
			}
		}
	}
	return numbers
}

func snapshot(t *testing.T, db *sqlite.DB) *sqlite.Snapshot {
	t.Helper()
	s, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func heldBack(t *testing.T, s *sqlite.Snapshot, f sqlite.ExportFilter) map[string]int {
	t.Helper()
	held, err := s.HeldBack(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func settle(t *testing.T, db *sqlite.DB, c petition.Call, closing petition.Closing) {
	t.Helper()
	if _, err := db.Settle(t.Context(), c, closing); err != nil {
		t.Fatal(err)
	}
}

func decide(t *testing.T, db *sqlite.DB, status petition.Status, calls ...int) {
	t.Helper()
	var ids []string
	for _, n := range calls {
		ids = append(ids, id(n))
	}
	if _, err := db.Decide(t.Context(), sqlite.Decision{IDs: ids, Status: status, Reason: "why", Actor: "alice"}); err != nil {
		t.Fatal(err)
	}
}

func TestExportRow(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	settle(t, db, call(1), message(1))
	second := call(2)
	second.Caller = call(1).Caller
	settle(t, db, second, message(2))
	execute(t, p, `UPDATE signatures SET typed_name = 'Jeanne Dubois', doubt = 'damaged' WHERE call_id = '`+id(1)+`'`,
		`UPDATE voices SET purged_at = 7 WHERE call_id = '`+id(2)+`'`)
	s := snapshot(t, db)
	one := sqlite.ExportRow{
		ID: id(1), StartedAt: call(1).StartedAt, Status: petition.StatusCounted, StatusReason: petition.StatusReasonVoice,
		Line: "glenn", Class: petition.ClassMobile, Consent: message(1).Consent,
		SpeechSeconds: 2.1, Seconds: 4.02, Path: message(1).Voice.Path, FileSHA256: message(1).Voice.FileSHA256, Doubt: "damaged",
	}
	two := one
	two.ID, two.StartedAt = id(2), call(2).StartedAt
	two.Status, two.StatusReason, two.DuplicateOf = petition.StatusDuplicate, petition.StatusReasonSameMobile, id(1)
	two.Path, two.FileSHA256, two.Purged, two.Doubt = message(2).Voice.Path, message(2).Voice.FileSHA256, true, ""
	if diff := cmp.Diff([]sqlite.ExportRow{one, two}, exported(t, s, sqlite.ExportFilter{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	one.Pseudonym, two.Pseudonym = pseudonym, pseudonym
	one.TypedName = "Jeanne Dubois"
	if diff := cmp.Diff([]sqlite.ExportRow{one, two}, exported(t, s, sqlite.ExportFilter{Pseudonym: true, TypedName: true})); diff != "" {
		t.Errorf("on request (-want +got):\n%s", diff)
	}
}

// Texts come from the database as one, which nothing in them may divide otherwise.
func TestExportRowOfWhatIsNoText(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	settle(t, db, call(1), message(1))
	for _, line := range []string{`X'FF'`, `X'61FF'`, `X'FFFF'`} {
		execute(t, p, `UPDATE calls SET line = CAST(`+line+` AS TEXT)`)
		err := snapshot(t, db).ExportRows(t.Context(), sqlite.ExportFilter{}, func(r *sqlite.ExportRow) error {
			t.Errorf("%s: %+v", line, r)
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "signature "+id(1)+" has a text that is not UTF-8") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// Confidential, withdrawn and test signatures leave in no way: not as rows, not
// as what another one repeats, and not as the same samples under another id. Nor
// does what else the callers of the first two left, unless a person decided on it.
func TestExportHoldsBack(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	for n := 1; n <= 12; n++ {
		c, m := call(n), message(n)
		switch n {
		case 5, 10: // the caller of 2
			c.Caller = call(2).Caller
		case 11: // the caller of 8
			c.Caller = call(8).Caller
		case 12: // the caller of 4, which is a test
			c.Caller = call(4).Caller
		case 6, 7: // the samples of 3, and of 8, which comes later
			m.Voice.AudioSHA256 = message(map[int]int{6: 3, 7: 8}[n]).Voice.AudioSHA256
		case 9: // silence, which is like silence
			m.Voice.AudioSHA256, m.Voice.Measure = message(4).Voice.AudioSHA256, petition.Measure{Seconds: 4, PeakDBFS: -90, LevelDBFS: -96, NoiseDBFS: -96, HumDBFS: -96}
		}
		settle(t, db, c, m)
	}
	decide(t, db, petition.StatusWithdrawn, 2)
	decide(t, db, petition.StatusConfidential, 3, 8)
	decide(t, db, petition.StatusTest, 4)
	decide(t, db, petition.StatusCounted, 10)
	s := snapshot(t, db)
	rows := exported(t, s, sqlite.ExportFilter{})
	if diff := cmp.Diff([]int{1, 9, 10, 12}, numbers(rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, r := range rows {
		if r.DuplicateOf != "" {
			t.Errorf("%s names %s, which does not leave", r.ID, r.DuplicateOf)
		}
	}
	if rows[1].Status != petition.StatusBlank || rows[2].StatusReason != petition.StatusReasonDecided || rows[3].Status != petition.StatusCounted {
		t.Errorf("%+v", rows[1:])
	}
	want := map[string]int{"confidential": 2, "withdrawn": 1, "test": 1, sqlite.HeldSameAudio: 2, sqlite.HeldSameLine: 2}
	if diff := cmp.Diff(want, heldBack(t, s, sqlite.ExportFilter{})); diff != "" {
		t.Errorf("held back (-want +got):\n%s", diff)
	}
	for _, status := range sqlite.NeverLeave {
		if rows := exported(t, s, sqlite.ExportFilter{Status: status}); rows != nil {
			t.Errorf("asked for %s: %+v", status, rows)
		}
	}
}

func TestExportFilter(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	for n := 1; n <= 4; n++ {
		c, m := call(n), message(n)
		if n == 3 {
			c.Line = "nederlands"
		}
		if n == 4 {
			m.Consent.Complete = false
		}
		settle(t, db, c, m)
	}
	settle(t, db, call(5), hungUp(5))
	decide(t, db, petition.StatusRejected, 2)
	s := snapshot(t, db)
	for _, c := range []struct {
		filter sqlite.ExportFilter
		want   []int
	}{
		{sqlite.ExportFilter{}, []int{1, 2, 3, 4}},
		{sqlite.ExportFilter{Line: "nederlands"}, []int{3}},
		{sqlite.ExportFilter{Status: petition.StatusCounted}, []int{1, 3}},
		{sqlite.ExportFilter{Status: petition.StatusRejected}, []int{2}},
		{sqlite.ExportFilter{Since: call(2).StartedAt, Until: call(4).StartedAt}, []int{2, 3}},
		{sqlite.ExportFilter{Line: "glenn", Status: petition.StatusCounted, Since: call(2).StartedAt}, nil},
	} {
		if got := numbers(exported(t, s, c.filter)); !cmp.Equal(got, c.want) {
			t.Errorf("%+v: calls %v, want %v", c.filter, got, c.want)
		}
	}
	decide(t, db, petition.StatusWithdrawn, 1, 3)
	later := snapshot(t, db)
	if diff := cmp.Diff(map[string]int{sqlite.HeldTakenOut: 1}, heldBack(t, later, sqlite.ExportFilter{Line: "nederlands"})); diff != "" {
		t.Errorf("held back of a line (-want +got):\n%s", diff)
	}
	if held := heldBack(t, later, sqlite.ExportFilter{Status: petition.StatusCounted}); len(held) > 0 {
		t.Errorf("held back of what is counted: %v", held)
	}
}

// What happens while a snapshot is open is not in it, and waits for nobody.
func TestSnapshotIsOfOneMoment(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	settle(t, db, call(1), message(1))
	decide(t, db, petition.StatusConfidential, 1)
	settle(t, db, call(2), message(2))
	s := snapshot(t, db)
	settle(t, db, call(3), message(3))
	decide(t, db, petition.StatusConfidential, 2)
	if diff := cmp.Diff([]int{2}, numbers(exported(t, s, sqlite.ExportFilter{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"confidential": 1}, heldBack(t, s, sqlite.ExportFilter{})); diff != "" {
		t.Errorf("held back (-want +got):\n%s", diff)
	}
	later := snapshot(t, db)
	if diff := cmp.Diff([]int{3}, numbers(exported(t, later, sqlite.ExportFilter{}))); diff != "" {
		t.Errorf("later (-want +got):\n%s", diff)
	}
	if s.Entries != 1 || later.Entries != 2 || s.Head == later.Head || len(s.Head) != 64 || !s.At.Equal(clock()) {
		t.Errorf("%+v, later %+v", s, later)
	}
}

func TestSnapshotOfNothing(t *testing.T) {
	s := snapshot(t, open(t, sqlite.Config{Path: path(t)}))
	if rows := exported(t, s, sqlite.ExportFilter{}); rows != nil || s.Entries != 0 || s.Head != petition.AuditStart {
		t.Errorf("%+v, %+v", s, rows)
	}
}

// A million rows come in order without being sorted first, and what is held
// back is found without looking at all.
func TestExportFollowsIndexes(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	for name, query := range sqlite.ExportQueries {
		plan, err := db.Plan(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plan, "FOR ORDER BY") || strings.Contains(plan, "SCAN s") && !strings.Contains(plan, "SCAN s USING") || strings.Contains(plan, "SCAN v") || strings.Contains(plan, "SCAN k") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
