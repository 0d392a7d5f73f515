package remeasure_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/ops/remeasure"
	"glennline/petition"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
	"glennline/voicemail/wav"
)

var start = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

// line is a ledger and an archive with recordings.
type line struct {
	t       *testing.T
	dir     string
	db      *sqlite.DB
	archive *archive.Archive
	ids     []string
	paths   []string
	class   petition.Class // of who calls next
}

func newLine(t *testing.T) *line {
	dir := t.TempDir()
	l := &line{t: t, dir: dir, class: petition.ClassWithheld}
	var err error
	if l.archive, err = archive.Open(filepath.Join(dir, "archive"), filepath.Join(dir, "quarantine")); err != nil {
		t.Fatal(err)
	}
	if l.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "petition.db")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// keep takes a call that left the samples, of a caller of its own, as measured by
// an older version in another way where old says so.
func (l *line) keep(samples []int16, old *petition.Measure) {
	l.t.Helper()
	n := len(l.ids)
	at := start.Add(time.Duration(n) * time.Minute)
	unique := fmt.Sprintf("pbx-%d.%d", at.Unix(), n)
	call := petition.Call{
		ID: callid.Derive("pbx", unique, at), System: "pbx", UniqueID: unique, Line: []string{"main", "other"}[n%2], StartedAt: at,
		Caller: petition.Caller{Class: l.class},
	}
	var b bytes.Buffer
	if err := wav.Write(&b, 8000, samples); err != nil {
		l.t.Fatal(err)
	}
	spool := filepath.Join(l.dir, "spool.wav")
	if err := os.WriteFile(spool, b.Bytes(), 0o600); err != nil {
		l.t.Fatal(err)
	}
	voice, err := l.archive.Keep(l.t.Context(), spool, call.ID, at)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := os.Remove(spool); err != nil {
		l.t.Fatal(err)
	}
	if old != nil {
		voice.Measure = *old
	}
	_, err = l.db.Settle(l.t.Context(), call, petition.Closing{
		CallID: call.ID, AnsweredAt: at, EndedAt: at.Add(time.Minute),
		Ending:  petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
		Consent: petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
		Voice:   &voice,
	})
	if err != nil {
		l.t.Fatal(err)
	}
	l.ids = append(l.ids, call.ID)
	l.paths = append(l.paths, filepath.Join(l.dir, "archive", filepath.FromSlash(voice.Path)))
}

func (l *line) run(change func(*remeasure.Config)) (remeasure.Report, []remeasure.Trouble) {
	l.t.Helper()
	var troubles []remeasure.Trouble
	cfg := remeasure.Config{
		DB: l.db, Archive: l.archive, Thresholds: petition.DefaultThresholds(), Actor: "anna",
		Found: func(t remeasure.Trouble) { troubles = append(troubles, t) },
	}
	change(&cfg)
	report, err := remeasure.Run(l.t.Context(), cfg)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = report.Close() })
	return report, troubles
}

func (l *line) statuses() (all []petition.Status) {
	l.t.Helper()
	for _, id := range l.ids {
		row, err := l.db.Call(l.t.Context(), id)
		if err != nil {
			l.t.Fatal(err)
		}
		all = append(all, row.Signature.Status)
	}
	return all
}

func (l *line) want(statuses ...petition.Status) {
	l.t.Helper()
	if diff := cmp.Diff(statuses, l.statuses()); diff != "" {
		l.t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if _, _, err := l.db.VerifyFigure(l.t.Context()); err != nil {
		l.t.Error(err)
	}
}

func speech(t *testing.T) []int16 {
	t.Helper()
	a, err := wav.Read("../../voicemail/wav/testdata/speech-fr.wav")
	if err != nil {
		t.Fatal(err)
	}
	return a.Samples
}

func whisper(t *testing.T) []int16 {
	t.Helper()
	a, err := wav.Read("../../voicemail/wav/testdata/whisper-fr.wav")
	if err != nil {
		t.Fatal(err)
	}
	return a.Samples
}

// strict takes for a voice only what speaks for two seconds, and for a person only
// what is heard for half of one.
var strict = petition.Thresholds{SpeechSeconds: 2, LevelDBFS: -60, BlankSeconds: 0.5}

func apply(rule petition.Thresholds) func(*remeasure.Config) {
	return func(c *remeasure.Config) { c.Thresholds, c.Apply = rule, true }
}

func show(rule petition.Thresholds) func(*remeasure.Config) {
	return func(c *remeasure.Config) { c.Thresholds = rule }
}

const (
	counted = petition.StatusCounted
	review  = petition.StatusReview
	blank   = petition.StatusBlank
)

func TestThresholdsAreAppliedWithoutTheFiles(t *testing.T) {
	l := newLine(t)
	l.keep(speech(t), nil)
	l.keep(whisper(t), nil)
	l.keep(make([]int16, 8000), nil)
	l.want(counted, review, blank)
	for _, path := range l.paths {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}

	report, troubles := l.run(show(strict))
	if report.Changed != 1 || report.Looked != 3 || report.Measured != 0 || report.Run != 0 || len(troubles) > 0 {
		t.Errorf("%+v, %v", report, troubles)
	}
	want := []sqlite.Change{{ID: l.ids[0], From: petition.Verdict{Status: counted, Reason: "voice"}, To: petition.Verdict{Status: review, Reason: "faint"}}}
	var shown []sqlite.Change
	err := report.Preview.Changes(t.Context(), "", "", func(c sqlite.Previewed) error {
		if c.Measure == nil || c.Measure.SpeechSeconds == 0 {
			t.Errorf("%s is shown as %+v", c.ID, c.Measure)
		}
		shown = append(shown, c.Change)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	l.want(counted, review, blank)

	report, _ = l.run(apply(strict))
	if report.Changed != 1 || report.Run != 1 {
		t.Errorf("%+v", report)
	}
	l.want(review, review, blank)
	if again, _ := l.run(apply(strict)); again.Changed != 0 || again.Run != 0 {
		t.Errorf("twice: %+v", again)
	}
	if n, err := l.db.UndoRemeasure(t.Context(), report.Run, "anna"); n != 1 || err != nil {
		t.Errorf("undone %d, %v", n, err)
	}
	l.want(counted, review, blank)
	if _, err := l.db.UndoRemeasure(t.Context(), report.Run, "anna"); !errors.Is(err, sqlite.ErrUndone) {
		t.Errorf("undone again: %v", err)
	}
	if _, err := l.db.UndoDedupe(t.Context(), report.Run, "anna"); !errors.Is(err, sqlite.ErrNoRun) {
		t.Errorf("undone as another kind: %v", err)
	}
}

// What an older version measured is measured anew, and what cannot be is named and
// stays.
func TestOlderMeasuresAreReadAnew(t *testing.T) {
	l := newLine(t)
	silent := &petition.Measure{Seconds: 2, LevelDBFS: -96, PeakDBFS: -96}
	for range 4 {
		l.keep(append(speech(t), make([]int16, len(l.ids))...), silent)
	}
	l.want(blank, blank, blank, blank)
	if err := os.Remove(l.paths[1]); err != nil {
		t.Fatal(err)
	}
	damage(t, l.paths[2])

	rule := petition.DefaultThresholds()
	report, troubles := l.run(show(rule))
	if report.Changed != 2 || report.Measured != 2 || report.Troubles != 2 {
		t.Errorf("%+v", report)
	}
	names := []string{troubles[0].ID + troubles[0].What, troubles[1].ID + troubles[1].What}
	if want := []string{l.ids[1] + remeasure.Missing, l.ids[2] + remeasure.Damaged}; !slices.Equal(names, want) {
		t.Errorf("troubles %q, want %q", names, want)
	}
	l.want(blank, blank, blank, blank)

	if report, _ = l.run(apply(rule)); report.Changed != 2 || report.Measured != 2 || report.Run == 0 {
		t.Errorf("%+v", report)
	}
	l.want(counted, blank, blank, counted)
	row, err := l.db.Call(t.Context(), l.ids[0])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wav.Measure(speech(t), 8000), row.Closing.Voice.Measure); diff != "" {
		t.Errorf("stored measure (-want +got):\n%s", diff)
	}
	if row.Closing.Ending.Result != petition.ResultMessage {
		t.Errorf("the ending is %s", row.Closing.Ending)
	}
	// Now they are of this version, and only the two in trouble are read.
	if report, _ = l.run(apply(rule)); report.Changed != 0 || report.Measured != 0 || report.Troubles != 2 || report.Run != 0 {
		t.Errorf("twice: %+v", report)
	}
}

func damage(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.Remove(path); err != nil { // a recording is read-only
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatAPersonDecidedStays(t *testing.T) {
	l := newLine(t)
	l.keep(speech(t), nil)
	l.keep(append(speech(t), 0), nil)
	_, err := l.db.Decide(t.Context(), sqlite.Decision{IDs: l.ids[:1], Status: petition.StatusConfidential, Reason: "a victim", Actor: "anna"})
	if err != nil {
		t.Fatal(err)
	}
	report, _ := l.run(apply(strict))
	if report.Changed != 1 {
		t.Errorf("%+v", report)
	}
	l.want(petition.StatusConfidential, review)
}

// A call of doctor's counts by no thresholds, whatever it says, neither as it was
// measured nor measured anew.
func TestATestCallNeverCounts(t *testing.T) {
	l := newLine(t)
	l.class = petition.ClassTest
	l.keep(speech(t), nil)
	l.keep(append(speech(t), 0), &petition.Measure{Version: wav.Version - 1, Seconds: 3})
	test := petition.StatusTest
	l.want(test, test)
	if shown, _ := l.run(show(strict)); shown.Changed != 0 {
		t.Errorf("shown %+v", shown)
	}
	if report, _ := l.run(apply(petition.DefaultThresholds())); report.Changed != 0 || report.Measured != 1 || report.Run != 0 {
		t.Errorf("%+v", report)
	}
	l.want(test, test)
}

func TestOnlyALineOrATime(t *testing.T) {
	l := newLine(t)
	for n := range 4 {
		l.keep(append(speech(t), make([]int16, n)...), nil)
	}
	l.run(func(c *remeasure.Config) {
		apply(strict)(c)
		c.Filter = sqlite.Filter{Line: "other", Since: start.Add(2 * time.Minute)}
	})
	l.want(counted, counted, counted, review)
	l.run(func(c *remeasure.Config) {
		apply(strict)(c)
		c.Filter = sqlite.Filter{Until: start.Add(time.Minute)}
	})
	l.want(review, counted, counted, review)
}

// Broken off at any recording, what is written holds, and the next run does the
// rest.
func TestBrokenOff(t *testing.T) {
	l := newLine(t)
	const number = 120 // more than two transactions
	for n := range number {
		l.keep(append(speech(t)[:12000], make([]int16, n)...), nil)
	}
	written := 0
	for at := 1; ; at += 57 {
		ctx, cancel := context.WithCancel(t.Context())
		report, err := remeasure.Run(ctx, remeasure.Config{
			DB: l.db, Archive: l.archive, Thresholds: strict, Actor: "anna", Apply: true,
			Progress: func(done int) {
				if done == at {
					cancel()
				}
			},
		})
		cancel()
		changed := 0
		for _, s := range l.statuses() {
			if s == review {
				changed++
			}
		}
		if changed < written+report.Changed || changed%50 != 0 && changed != number {
			t.Errorf("broken off at %d: %d of %d are changed, and %d before", at, changed, report.Changed, written)
		}
		written = changed
		if _, _, err := l.db.VerifyFigure(t.Context()); err != nil {
			t.Error(err)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if written != number {
		t.Errorf("%d of %d are changed in the end", written, number)
	}
}
