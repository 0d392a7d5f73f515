package report_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/ops/report"
	"glennline/petition"
	"glennline/petition/sqlite"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// config is that of the reports of these tests, made eleven days after the launch.
func config() report.Config {
	return report.Config{
		Zone:       brussels,
		Goal:       1000,
		Milestones: []int{100, 500, 2000},
		Deadline:   time.Date(2024, 12, 19, 0, 0, 0, 0, brussels),
		Legal:      "Not signatures under the law.",
		Version:    "test",
		MaxCall:    10 * time.Minute,
		Now:        time.Date(2024, 11, 29, 9, 30, 0, 0, brussels),
	}
}

func made(t *testing.T, db *sqlite.DB, cfg report.Config) *report.Report {
	t.Helper()
	r, err := report.Make(t.Context(), db, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// figureOf is what a report says of what glennline count tells.
func figureOf(r *report.Report) petition.Figure {
	f := petition.Figure{Calls: r.Calls, Messages: r.Messages, Lines: r.Lines, Withheld: r.Withheld, Unknown: r.Unknown}
	for _, s := range r.Statuses {
		if part := f.Of(petition.Status(s.Status)); part != nil {
			*part = s.Signatures
		}
	}
	return f
}

// aside takes out of a figure what a narrowed report tells as one.
func aside(f petition.Figure) (petition.Figure, int) {
	n := f.Confidential + f.Rejected + f.Withdrawn + f.Test
	f.Confidential, f.Rejected, f.Withdrawn, f.Test = 0, 0, 0, 0
	return f, n
}

func execute(t *testing.T, path string, statements ...string) {
	t.Helper()
	raw, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, s := range statements {
		if _, err := raw.ExecContext(context.WithoutCancel(t.Context()), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestReportAgreesWithCount(t *testing.T) {
	path := databasePath(t)
	called(t, path, 1500, 3)
	// Some call twice, from the same line, and both are counted.
	execute(t, path, `UPDATE calls SET caller_pseudonym = (SELECT caller_pseudonym FROM calls AS o WHERE o.id < calls.id AND o.caller_pseudonym IS NOT NULL ORDER BY o.id DESC LIMIT 1)
		WHERE caller_pseudonym IS NOT NULL AND substr(id, -1) IN ('3', '7')`)
	db := ledger(t, path)
	want, err := db.Figure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want.Counted != 1500 || want.Lines >= want.Counted-want.Withheld || want.Unknown == 0 || want.Confidential == 0 {
		t.Fatalf("the ledger proves nothing: %+v", want)
	}
	whole := made(t, db, config())
	if diff := cmp.Diff(want, figureOf(whole)); diff != "" {
		t.Errorf("(-count +report):\n%s", diff)
	}
	for _, after := range []time.Duration{time.Minute, time.Hour, 30 * time.Hour, 200 * time.Hour} {
		cfg := config()
		cfg.Until = launch.Add(after)
		figure, err := db.FigureAt(t.Context(), cfg.Until)
		if err != nil {
			t.Fatal(err)
		}
		r := made(t, db, cfg)
		want, n := aside(figure)
		if diff := cmp.Diff(want, figureOf(r)); diff != "" || r.Statuses[len(r.Statuses)-1] != (report.StatusCount{Status: report.SetAside, Signatures: n}) {
			t.Errorf("after %s: %d set aside, %+v (-count +report):\n%s", after, n, r.Statuses, diff)
		}
		if r.Progress.Counted != figure.Counted {
			t.Errorf("after %s: progress counts %d, want %d", after, r.Progress.Counted, figure.Counted)
		}
	}
	// Two halves of time and two lines are the whole; but for different lines,
	// which may call on both sides.
	halves := []report.Config{config(), config()}
	halves[0].Until, halves[1].Since = launch.Add(70*time.Minute), launch.Add(70*time.Minute)
	lines := []report.Config{config(), config()}
	lines[0].Line, lines[1].Line = "main", "nederlands"
	for name, parts := range map[string][]report.Config{"halves": halves, "lines": lines} {
		a, b := figureOf(made(t, db, parts[0])), figureOf(made(t, db, parts[1]))
		sum := petition.Figure{
			Calls: a.Calls + b.Calls, Messages: a.Messages + b.Messages, Counted: a.Counted + b.Counted, Withheld: a.Withheld + b.Withheld, Unknown: a.Unknown + b.Unknown,
			Blank: a.Blank + b.Blank, Duplicates: a.Duplicates + b.Duplicates, Review: a.Review + b.Review, Lines: want.Lines,
		}
		want, _ := aside(want)
		if diff := cmp.Diff(want, sum); diff != "" {
			t.Errorf("%s (-count +report):\n%s", name, diff)
		}
		if a.Lines+b.Lines < want.Lines || max(a.Lines, b.Lines) > want.Lines {
			t.Errorf("%s: %d and %d different lines of %d", name, a.Lines, b.Lines, want.Lines)
		}
	}
}

// Every way to part the calls has all of them.
func TestReportAddsUp(t *testing.T) {
	path := databasePath(t)
	called(t, path, 400, 4)
	r := made(t, ledger(t, path), config())
	var days, hours, lines report.Totals
	add := func(to *report.Totals, of report.Totals) {
		to.Calls += of.Calls
		to.Messages += of.Messages
		to.Counted += of.Counted
	}
	refused, fallback := 0, 0
	for _, d := range r.Days {
		add(&days, d.Totals)
		refused, fallback = refused+*d.Refused, fallback+*d.Fallback
		for _, h := range d.Hours {
			add(&hours, h.Totals)
			refused, fallback = refused-*h.Refused, fallback-*h.Fallback
			if h.Start.Format(time.DateOnly) != d.Date {
				t.Errorf("%s has the hour of %s", d.Date, h.Start)
			}
		}
	}
	if refused != 0 || fallback != 0 {
		t.Errorf("days and hours differ by %d refused, %d answered by the fallback", refused, fallback)
	}
	for _, l := range r.ByLine {
		add(&lines, l.Totals)
	}
	ended := r.Open
	for _, e := range r.Endings {
		ended += e.Calls
	}
	if days != r.Totals || hours != r.Totals || lines != r.Totals || ended != r.Calls || r.Calls == 0 {
		t.Errorf("all %+v, days %+v, hours %+v, lines %+v, endings %d", r.Totals, days, hours, lines, ended)
	}
	statuses := 0
	for _, s := range r.Statuses {
		statuses += s.Signatures
	}
	if statuses != r.Messages {
		t.Errorf("%d signatures by status, %d messages", statuses, r.Messages)
	}
}

func TestCountersThatDisagree(t *testing.T) {
	path := databasePath(t)
	called(t, path, 10, 5)
	execute(t, path, `UPDATE counters SET n = n + 1 WHERE name = 'lines'`)
	if r, err := report.Make(t.Context(), ledger(t, path), config()); !errors.Is(err, sqlite.ErrCounters) || r != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// insertCall writes a call by hand.
func insertCall(t *testing.T, path, id, at, end, result, reason, status string) {
	t.Helper()
	moment := func(text string) any {
		if text == "" {
			return nil
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at.UnixMilli()
	}
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	raw, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	ctx := context.WithoutCancel(t.Context())
	if _, err := raw.ExecContext(ctx, `INSERT INTO calls (id, system, unique_id, sip_call_id, line, dialled, started_at, caller_class, ended_at, result, reason)
		VALUES (printf('%026d', ?1), 'glennline', ?1, '', 'main', '', ?2, 'withheld', ?3, ?4, ?5)`, id, moment(at), moment(end), text(result), text(reason)); err != nil {
		t.Fatal(err)
	}
	if status != "" {
		if _, err := raw.ExecContext(ctx, `INSERT INTO signatures (call_id, status, status_reason, created_at) VALUES (printf('%026d', ?), ?, 'voice', 1)`, id, status); err != nil {
			t.Fatal(err)
		}
	}
}

// A night of 25 hours: each hour is its own, and belongs to its local day.
func TestClockPutBack(t *testing.T) {
	path := databasePath(t)
	called(t, path, 0, 1)
	for n, at := range []string{
		"2026-10-24T21:59:59Z", // 23:59 of the day before
		"2026-10-24T22:00:00Z", // midnight
		"2026-10-25T00:30:00Z", // 02:30, summer time
		"2026-10-25T01:30:00Z", // 02:30 again
		"2026-10-25T01:59:59Z",
		"2026-10-25T02:00:00Z", // 03:00
		"2026-10-25T22:59:59Z", // 23:59
		"2026-10-25T23:00:00Z", // the day after
	} {
		insertCall(t, path, string(rune('1'+n)), at, at, "message", "caller", "counted")
	}
	cfg := config()
	cfg.Now = time.Date(2026, 10, 26, 12, 0, 0, 0, brussels)
	r := made(t, ledger(t, path), cfg)
	var got []string
	for _, d := range r.Days {
		got = append(got, d.Date)
		for _, h := range d.Hours {
			if h.Calls > 0 {
				got = append(got, h.Start.Format("15:04Z07:00")+strings.Repeat("+", h.Calls))
			}
		}
	}
	want := "2026-10-24 23:00+02:00+ 2026-10-25 00:00+02:00+ 02:00+02:00+ 02:00+01:00++ 03:00+01:00+ 23:00+01:00+ 2026-10-26 00:00+01:00+"
	if strings.Join(got, " ") != want || len(r.Days[1].Hours) != 25 {
		t.Errorf("%d hours, %s\nwant %s", len(r.Days[1].Hours), strings.Join(got, " "), want)
	}
	var text bytes.Buffer
	if err := r.Text(&text, report.Terminal{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"02:00 +02:00 ", "02:00 +01:00 "} {
		if !strings.Contains(text.String(), "\n"+line) {
			t.Errorf("no line %q in\n%s", line, text.String())
		}
	}
}

func TestPeakWitnessAndOpenCalls(t *testing.T) {
	path := databasePath(t)
	called(t, path, 0, 1)
	insertCall(t, path, "1", "2024-11-29T08:00:00Z", "2024-11-29T08:10:00Z", "message", "caller", "counted")
	insertCall(t, path, "2", "2024-11-29T08:05:00Z", "2024-11-29T08:06:00Z", "hung_up", "during_notice", "")
	insertCall(t, path, "3", "2024-11-29T08:05:30Z", "2024-11-29T08:05:30Z", "refused", "unknown_number", "") // takes no place
	insertCall(t, path, "4", "2024-11-29T08:06:00Z", "2024-11-29T08:07:00Z", "message", "key", "review")      // 2 is over
	insertCall(t, path, "5", "2024-11-29T08:29:00Z", "", "", "", "")
	cfg := config()
	r := made(t, ledger(t, path), cfg)
	if r.Witness != nil || r.Days[0].Refused != nil || r.Open != 1 {
		t.Errorf("without an event log: %+v, %v, %d open", r.Witness, r.Days[0].Refused, r.Open)
	}
	if want := (report.Peak{Calls: 2, At: time.Date(2024, 11, 29, 8, 5, 0, 0, time.UTC)}); r.Peak == nil || *r.Peak != want {
		t.Errorf("peak %+v, want %+v", r.Peak, want)
	}
	// Of the calls from 8:05:59 on, one was there already.
	cfg.Since = time.Date(2024, 11, 29, 8, 5, 59, 0, time.UTC)
	r = made(t, ledger(t, path), cfg)
	if want := (report.Peak{Calls: 2, At: cfg.Since}); r.Calls != 2 || r.Peak == nil || *r.Peak != want {
		t.Errorf("%d calls, peak %+v, want %+v", r.Calls, r.Peak, want)
	}

	execute(t, path, `INSERT INTO witness (unique_id, started_at, answered_at, ended_at, context) VALUES
		('a', 1732867200000, 1732867200100, 1732867210000, 'call'),
		('b', 1732867200000, 1732867200100, 1732867210000, 'fallback'),
		('c', 1732867200000, NULL, 1732867210000, 'fallback'),
		('d', NULL, 1732867200100, 1732867210000, 'glennline-fallback-line'),
		('e', 1732867200000, NULL, 1732867210000, 'full-calls'),
		('f', 1732867200000, NULL, 1732867210000, 'glennline-full-calls'),
		('g', 1732867200000, NULL, 1732867210000, 'full-disk'),
		('h', 1732867200000, NULL, 1732867210000, 'closed'),
		('i', 1732780800000, NULL, 1732867210000, 'full-caller')`,
		`INSERT INTO purged_witness (name, n) VALUES ('before', 1732780000000), ('refused', 7)`)
	r = made(t, ledger(t, path), config())
	want := &report.Witness{
		Since:    time.Date(2024, 11, 28, 8, 0, 0, 0, time.UTC),
		Last:     new(time.Date(2024, 11, 29, 8, 0, 0, 100e6, time.UTC)),
		Refused:  []report.WayCount{{Why: "max_calls", Calls: 2}, {Why: "disk", Calls: 1}, {Why: "per_caller", Calls: 1}, {Why: "closing", Calls: 1}},
		Fallback: 2,
		Total:    5,
		Purged:   &report.PurgedCount{Before: time.UnixMilli(1732780000000).UTC(), Refused: 7},
	}
	if diff := cmp.Diff(want, r.Witness); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d := r.Days[1]; len(r.Days) != 2 || d.Date != "2024-11-29" || *d.Refused != 4 || *d.Fallback != 2 || *d.Hours[9].Refused != 4 {
		t.Errorf("days %+v", r.Days)
	}
}

// A call of a year in which a clock was wrong is told, and the years between are
// not.
func TestLongGap(t *testing.T) {
	path := databasePath(t)
	called(t, path, 0, 1)
	insertCall(t, path, "1", "1999-01-01T12:00:00Z", "1999-01-01T12:01:00Z", "message", "caller", "counted")
	insertCall(t, path, "2", "2024-11-01T12:00:00Z", "2024-11-01T12:01:00Z", "message", "caller", "counted")
	r := made(t, ledger(t, path), config())
	if len(r.Days) != 30 || r.Days[0].Date != "1999-01-01" || r.Days[1].Date != "2024-11-01" || r.Days[29].Date != "2024-11-29" {
		t.Errorf("%d days, %+v", len(r.Days), r.Days[0].Date)
	}
	var text bytes.Buffer
	if err := r.Text(&text, report.Terminal{Width: 80}); err != nil || !strings.Contains(text.String(), "\n9,435 empty days\n") {
		t.Errorf("%v, %s", err, text.String())
	}
}

func TestEmpty(t *testing.T) {
	path := databasePath(t)
	called(t, path, 0, 1)
	r := made(t, ledger(t, path), config())
	var text, page bytes.Buffer
	if err := errors.Join(r.Text(&text, report.Terminal{Width: 80}), r.HTML(&page)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0 of 1,000 counted: 0% of the goal, 1,000 to go", "No projection: nothing is counted yet.", "No call.", "Not known: there is no event log"} {
		if !strings.Contains(text.String(), want) || !strings.Contains(page.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(page.String(), "<svg") {
		t.Error("a chart of nothing")
	}
	raw, err := json.Marshal(r)
	if err != nil || strings.Contains(string(raw), `":null,"endings`) || !strings.Contains(string(raw), `"days":[],"lines":[],"endings":[],"peak":null,"witness":null,"kpis":[]`) {
		t.Errorf("%s, %v", raw, err)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// Calls that come while the report is made do not make its parts disagree.
func TestReportIsOfOneMoment(t *testing.T) {
	path := databasePath(t)
	called(t, path, 200, 6)
	writer, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan int, 1)
	go func() {
		defer func() { stopped <- 0 }()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			at := launch.Add(time.Duration(n) * time.Millisecond)
			call := petition.Call{
				ID: fmt.Sprintf("9%025d", n), System: "pbx", UniqueID: fmt.Sprint(n), Line: "main", StartedAt: at,
				Caller: petition.Caller{Class: petition.ClassWithheld},
			}
			_, err := writer.Settle(context.WithoutCancel(t.Context()), call, petition.Closing{
				CallID: call.ID, AnsweredAt: at, EndedAt: at.Add(time.Minute),
				Ending:  petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonKey},
				Consent: petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
				Voice: &petition.Voice{
					Path: call.ID, FileSHA256: fmt.Sprintf("%064d", n), AudioSHA256: fmt.Sprintf("%064d", n),
					Measure: petition.Measure{Seconds: 5, SpeechSeconds: 2},
				},
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	}()
	db := ledger(t, path)
	first, last := 0, 0
	// Until a call came between two of them: on a busy machine the first twenty
	// may be over before the writer has its turn.
	for n := 0; n < 20 || last == first && len(stopped) == 0; n++ {
		r, err := report.Make(t.Context(), db, config())
		if err != nil {
			t.Fatal(err)
		}
		if first == 0 {
			first = r.Counted
		}
		last = r.Counted
	}
	close(stop)
	<-stopped
	if err := writer.Close(); err != nil {
		t.Error(err)
	}
	if last <= first {
		t.Errorf("counted %d, then %d: no call came, and nothing is proved", first, last)
	}
}
