package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// several is a ledger of six calls. 4 began in the same millisecond as 3 and
// has the greater id; 5 is open.
func several(t *testing.T) *sqlite.DB {
	t.Helper()
	db := open(t, sqlite.Config{Path: path(t)})
	calls := make([]petition.Call, 6)
	for n := range calls {
		calls[n] = call(n)
	}
	calls[1].Line = "sister"
	calls[4].StartedAt = calls[3].StartedAt
	blank := message(2)
	blank.Ending = petition.Ending{Result: petition.ResultSilent, Reason: petition.ReasonSilence}
	blank.Voice.Measure = petition.Measure{Seconds: 3, LevelDBFS: -96, PeakDBFS: -96}

	begin(t, db, calls[5], calls[4], calls[2], calls[0], calls[3], calls[1]) // the order of writing is not that of reading
	end(t, db, blank)
	end(t, db, message(0))
	end(t, db, message(1))
	end(t, db, hungUp(3))
	end(t, db, message(4))
	return db
}

func TestListsAreFilteredAndOrdered(t *testing.T) {
	db := several(t)
	second := func(n int) time.Time { return call(n).StartedAt }
	tests := map[string]struct {
		filter            sqlite.Filter
		calls, signatures []int
	}{
		"all":            {sqlite.Filter{}, []int{0, 1, 2, 3, 4, 5}, []int{0, 1, 2, 4}},
		"newest first":   {sqlite.Filter{NewestFirst: true}, []int{5, 4, 3, 2, 1, 0}, []int{4, 2, 1, 0}},
		"the first":      {sqlite.Filter{Limit: 1}, []int{0}, []int{0}},
		"the last three": {sqlite.Filter{Limit: 3, NewestFirst: true}, []int{5, 4, 3}, []int{4, 2, 1}},
		"more than all":  {sqlite.Filter{Limit: 100}, []int{0, 1, 2, 3, 4, 5}, []int{0, 1, 2, 4}},
		"a line":         {sqlite.Filter{Line: "sister"}, []int{1}, []int{1}},
		"another line":   {sqlite.Filter{Line: "absent"}, nil, nil},
		"since":          {sqlite.Filter{Since: second(3)}, []int{3, 4, 5}, []int{4}},
		"until":          {sqlite.Filter{Until: second(3)}, []int{0, 1, 2}, []int{0, 1, 2}},
		"between":        {sqlite.Filter{Since: second(1), Until: second(3)}, []int{1, 2}, []int{1, 2}},
		"a result":       {sqlite.Filter{Result: petition.ResultMessage}, []int{0, 1, 4}, []int{0, 1, 4}},
		"a status":       {sqlite.Filter{Status: petition.StatusBlank}, []int{2}, []int{2}},
		"everything":     {sqlite.Filter{Line: "glenn", Since: second(0), Until: second(5), Result: petition.ResultMessage, Status: petition.StatusCounted, NewestFirst: true, Limit: 1}, []int{4}, []int{4}},
	}
	ids := func(ns []int) (ids []string) {
		for _, n := range ns {
			ids = append(ids, id(n))
		}
		return ids
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var calls, signatures []string
			for _, row := range list(t, db, tt.filter) {
				calls = append(calls, row.Call.ID)
			}
			if err := db.Signatures(t.Context(), tt.filter, func(row sqlite.SignatureRow) error {
				signatures = append(signatures, row.Signature.ID)
				if row.Closing.Voice == nil || row.Call.ID != row.Signature.ID {
					t.Errorf("row %+v is not whole", row)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(ids(tt.calls), calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(ids(tt.signatures), signatures); diff != "" {
				t.Errorf("signatures (-want +got):\n%s", diff)
			}
		})
	}
}

func TestListsStopAtAnError(t *testing.T) {
	db := several(t)
	stop := errors.New("enough")
	seen := 0
	err := db.Calls(t.Context(), sqlite.Filter{}, func(sqlite.CallRow) error {
		if seen++; seen == 2 {
			return stop
		}
		return nil
	})
	if err != stop || seen != 2 { //nolint:errorlint // it is returned as it is
		t.Errorf("Calls = %v after %d rows, want the error itself after 2", err, seen)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Calls(ctx, sqlite.Filter{}, func(sqlite.CallRow) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Calls = %v, want context.Canceled", err)
	}
}

// Reading a list neither waits for calls nor holds them up, and sees one moment.
func TestCallsAreWrittenWhileAListIsRead(t *testing.T) {
	db := several(t)
	seen := 0
	if err := db.Calls(t.Context(), sqlite.Filter{}, func(row sqlite.CallRow) error {
		begin(t, db, call(100+seen))
		find(t, db, row.Call.ID)
		seen++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if seen != 6 {
		t.Errorf("%d calls, want the 6 of the moment at which the list began", seen)
	}
}

// A million calls are listed in order without being sorted first.
func TestListsFollowAnIndex(t *testing.T) {
	db := several(t)
	for name, query := range sqlite.Queries {
		plan, err := db.Plan(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "c USING") || strings.Contains(plan, "SCAN k") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

func TestOpenCalls(t *testing.T) {
	db := several(t)
	begin(t, db, call(7), call(6))
	got, err := db.OpenCalls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]petition.Call{call(5), call(6), call(7)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for n := 5; n <= 7; n++ {
		end(t, db, hungUp(n))
	}
	if got, err := db.OpenCalls(t.Context()); err != nil || got != nil {
		t.Errorf("OpenCalls = %+v, %v; want none", got, err)
	}
}

func TestCounts(t *testing.T) {
	db := several(t)
	if _, err := db.Settle(t.Context(), call(9), refused(9)); err != nil {
		t.Fatal(err)
	}
	got, err := db.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := sqlite.Counts{
		Calls: 7,
		Open:  1,
		Endings: map[petition.Ending]int{
			{Result: "message", Reason: "caller"}:         3,
			{Result: "silent", Reason: "silence"}:         1,
			{Result: "hung_up", Reason: "during_notice"}:  1,
			{Result: "refused", Reason: "unknown_number"}: 1,
		},
		Results:  map[petition.Result]int{"message": 3, "silent": 1, "hung_up": 1, "refused": 1},
		Statuses: map[petition.Status]int{"counted": 3, "blank": 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCountsOfNothing(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	if got, err := db.Counts(t.Context()); err != nil || got.Calls != 0 || got.Open != 0 || len(got.Endings)+len(got.Statuses) != 0 {
		t.Errorf("Counts = %+v, %v; want zeros", got, err)
	}
}

func TestFindByTheBeginningOfTheID(t *testing.T) {
	db := several(t)
	for _, given := range []string{id(2), strings.ToLower(id(2)), id(2)[:24], " " + id(2) + "\n"} {
		if row, err := db.Call(t.Context(), given); err != nil || row.Call.ID != id(2) || row.Signature == nil {
			t.Errorf("Call(%q) = %+v, %v; want call 2", given, row, err)
		}
	}

	var ambiguous *sqlite.AmbiguousError
	_, err := db.Call(t.Context(), id(0)[:5])
	if !errors.Is(err, sqlite.ErrAmbiguous) || !errors.As(err, &ambiguous) {
		t.Fatalf("error = %v, want ErrAmbiguous", err)
	}
	want := &sqlite.AmbiguousError{Prefix: id(0)[:5], IDs: []string{id(0), id(1), id(2), id(3), id(4)}, More: true}
	if diff := cmp.Diff(want, ambiguous); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(err.Error(), id(4)) || strings.Contains(err.Error(), id(5)) {
		t.Errorf("error %q does not name the first five", err)
	}

	for _, given := range []string{"", " ", "Z", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", id(2) + "0", "%", "_", "~", "*", "' OR 1=1 --", "é", id(9)} {
		if _, err := db.Call(t.Context(), given); !errors.Is(err, sqlite.ErrNotFound) || !strings.Contains(err.Error(), fmt.Sprintf("%q", given)) {
			t.Errorf("Call(%q) = %v, want ErrNotFound with what was given", given, err)
		}
	}
}
