package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"glennline/ops/report"
)

// shownAs is a report as text and as page.
func shownAs(t *testing.T, r *report.Report) (text, page string) {
	t.Helper()
	var asText, asPage bytes.Buffer
	if err := r.Text(&asText, report.Terminal{Width: 100}); err != nil {
		t.Fatal(err)
	}
	if err := r.HTML(&asPage); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(asText.String()), " "), asPage.String()
}

// Where Asterisk's log does not reach, the number of refused callers is not known,
// which is not 0: before it began, and where its records were removed.
func TestWhereTheLogDoesNotReach(t *testing.T) {
	path := databasePath(t)
	called(t, path, 0, 1)
	insertCall(t, path, "1", "2024-11-26T08:00:00Z", "2024-11-26T08:01:00Z", "message", "caller", "counted")
	insertCall(t, path, "2", "2024-11-27T08:05:00Z", "2024-11-27T08:06:00Z", "message", "caller", "counted")
	insertCall(t, path, "3", "2024-11-27T20:05:00Z", "2024-11-27T20:06:00Z", "message", "caller", "counted")
	insertCall(t, path, "4", "2024-11-29T08:00:00Z", "2024-11-29T08:01:00Z", "refused", "unknown_number", "")
	execute(t, path, `INSERT INTO witness (unique_id, started_at, answered_at, ended_at, context) VALUES
		('a', unixepoch('2024-11-27T08:05:00Z')*1000, NULL, NULL, 'full-calls'),
		('b', unixepoch('2024-11-27T22:59:00Z')*1000, NULL, NULL, 'full-calls'),
		('c', unixepoch('2024-11-28T09:59:00Z')*1000, NULL, NULL, 'full-disk')`)
	refused := func(r *report.Report) (days []int) {
		for _, d := range r.Days {
			n := -1
			if d.Refused != nil && d.Fallback != nil {
				n = *d.Refused
			}
			days = append(days, n)
		}
		return days
	}
	equal := func(when string, r *report.Report, want ...int) {
		t.Helper()
		got := refused(r)
		if len(got) != len(want) {
			t.Fatalf("%s: refused on the days %v, want %v", when, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: refused on the days %v, want %v", when, got, want)
			}
		}
	}
	// The log began on the 27th with the call of 8:05.
	r := made(t, ledger(t, path), config())
	equal("begun late", r, -1, 2, 1, 0)
	text, page := shownAs(t, r)
	for _, want := range []string{
		"Tue 2024-11-26 1 1 1 - -", "Wed 2024-11-27 2 2 2 2 0", "the log does not reach there",
		"Beside them glennline itself refused 1 call to a number that no line has, which the calls above include.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if want := `2024-11-26</th><td>1</td><td>1</td><td>1</td><td>-</td><td>-</td>`; !strings.Contains(page, want) {
		t.Errorf("no %q in\n%s", want, page)
	}
	// Records of before 12:30 on the 27th, in Brussels, were removed: the hour of then
	// is known in part, and so is the day.
	execute(t, path, `DELETE FROM witness WHERE unique_id = 'a'`,
		`INSERT INTO purged_witness (name, n) VALUES ('before', unixepoch('2024-11-27T11:30:00Z')*1000),
			('refused', 1), ('max_calls', 1), ('closing', 2), ('unknown_number', 4), ('fallback', 8)`)
	r = made(t, ledger(t, path), config())
	equal("removed in part", r, -1, -1, 1, 0)
	if h := r.Days[1].Hours; h[12].Refused != nil || h[13].Refused == nil || *h[23].Refused != 1 {
		t.Errorf("hours %+v", h)
	}
	text, _ = shownAs(t, r)
	if want := "Not among them: 7 calls refused, and 8 answered by the dialplan, before 2024-11-27 12:30,"; !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
	// What was asked for begins later: nothing of it is missing.
	cfg := config()
	cfg.Since = time.Date(2024, 11, 28, 0, 0, 0, 0, brussels)
	r = made(t, ledger(t, path), cfg)
	equal("from the day after", r, 1, 0)
	if text, _ = shownAs(t, r); strings.Contains(text, "does not reach") || strings.Contains(text, "Not among them") {
		t.Errorf("something is said to be missing in\n%s", text)
	}
}

// The page says when the first signature came, to the minute and not to the hour.
func TestWhenTheFirstWasCounted(t *testing.T) {
	path := databasePath(t)
	called(t, path, 0, 1)
	insertCall(t, path, "1", "2024-11-28T22:19:00Z", "2024-11-28T22:20:00Z", "message", "caller", "review")
	insertCall(t, path, "2", "2024-11-28T22:24:00Z", "2024-11-28T22:25:00Z", "message", "caller", "counted")
	insertCall(t, path, "3", "2024-11-29T08:00:00Z", "2024-11-29T08:01:00Z", "message", "caller", "counted")
	if _, page := shownAs(t, made(t, ledger(t, path), config())); !strings.Contains(page, "The first was counted on 2024-11-28 23:24.") {
		t.Errorf("another moment of the first in\n%s", page)
	}
}
