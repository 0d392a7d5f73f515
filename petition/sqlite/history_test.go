package sqlite_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// history is a ledger and, beside it, what it was told.
type history struct {
	t     *testing.T
	rand  *rand.Rand
	db    *sqlite.DB
	facts map[string]petition.Facts
	taken []decided
	n     int
}

type decided struct {
	run    int64
	ids    []string
	status petition.Status
}

var (
	callers = []petition.Caller{
		{Class: petition.ClassMobile, Pseudonym: pseudonymOf(101), KeyID: keyID},
		{Class: petition.ClassMobile, Pseudonym: pseudonymOf(102), KeyID: keyID},
		{Class: petition.ClassFixed, Pseudonym: pseudonymOf(103), KeyID: keyID},
		{Class: petition.ClassOther, Pseudonym: pseudonymOf(104), KeyID: keyID},
		{Class: petition.ClassWithheld},
		{Class: petition.ClassUnknown},
	}
	measures = []petition.Measure{
		{SpeechSeconds: 2, PeakDBFS: -6},
		{SpeechSeconds: 2, PeakDBFS: -6},
		{SpeechSeconds: 2, PeakDBFS: -6},
		{SpeechSeconds: 0.2, PeakDBFS: -6},
		{PeakDBFS: -96},
	}
	rules = []petition.Thresholds{
		petition.DefaultThresholds(),
		{SpeechSeconds: 3, LevelDBFS: -60, BlankSeconds: 0.12},
		{SpeechSeconds: 0.1, LevelDBFS: -60, BlankSeconds: 0.1},
		{SpeechSeconds: 0.3, LevelDBFS: -60, BlankSeconds: 0.3},
	}
)

// arrive settles a call of any time, as a live one or a late orphan is; or one
// without a voice, which gets it afterwards.
func (h *history) arrive() {
	h.n++
	c, closing := call(h.n), message(h.n)
	c.StartedAt = start.Add(time.Duration(h.rand.IntN(20)) * time.Second) // some at the same moment
	c.Caller = callers[h.rand.IntN(len(callers))]
	closing.Consent.Complete = h.rand.IntN(10) > 0
	closing.Voice.Measure = measures[h.rand.IntN(len(measures))]
	if h.rand.IntN(3) == 0 {
		closing.Voice.AudioSHA256 = fmt.Sprintf("%064x", h.rand.IntN(5))
	}
	voice := closing.Voice
	if h.rand.IntN(5) == 0 {
		closing.Voice = nil
	}
	if _, err := h.db.Settle(h.t.Context(), c, closing); err != nil {
		h.t.Fatal(err)
	}
	if closing.Voice == nil {
		closing.Voice = voice
		if _, err := h.db.AddVoice(h.t.Context(), closing); err != nil {
			h.t.Fatal(err)
		}
	}
	f := petition.Facts{ID: c.ID, StartedAt: c.StartedAt, Class: c.Caller.Class, AudioSHA256: voice.AudioSHA256}
	if closing.Consent.Complete {
		f.Pseudonym = c.Caller.Pseudonym
	}
	f.Own.Status, f.Own.Reason = petition.DefaultThresholds().Judge(closing.Consent, voice.Measure)
	h.facts[c.ID] = f
}

// any is one of the signatures, the zero Facts if there is none.
func (h *history) any() petition.Facts {
	ids := slices.Sorted(maps.Keys(h.facts))
	if len(ids) == 0 {
		return petition.Facts{}
	}
	return h.facts[ids[h.rand.IntN(len(ids))]]
}

func (h *history) doubt() {
	f := h.any()
	if f.ID == "" {
		return
	}
	f.Doubt = "missing"
	if err := h.db.Doubt(h.t.Context(), f.ID, f.Doubt); err != nil {
		h.t.Fatal(err)
	}
	h.facts[f.ID] = f
}

// decide gives one or two signatures a status, if the transitions are allowed.
func (h *history) decide() {
	d := decided{status: petition.Statuses[h.rand.IntN(len(petition.Statuses))]}
	for range 1 + h.rand.IntN(2) {
		if f := h.any(); f.ID != "" && !slices.Contains(d.ids, f.ID) {
			d.ids = append(d.ids, f.ID)
		}
	}
	run, err := h.db.Decide(h.t.Context(), sqlite.Decision{IDs: d.ids, Status: d.status, Reason: "heard", Actor: "alice"})
	if errors.Is(err, petition.ErrTransition) {
		return // and none of them was decided
	}
	if err != nil {
		h.t.Fatal(err)
	}
	d.run = run
	h.taken = append(h.taken, d)
	h.redecide()
}

func (h *history) undo() {
	if len(h.taken) == 0 {
		return
	}
	i := h.rand.IntN(len(h.taken))
	if _, err := h.db.Undo(h.t.Context(), h.taken[i].run, "bob", "a mistake"); err != nil {
		h.t.Fatal(err)
	}
	h.taken = slices.Delete(h.taken, i, i+1)
	h.redecide()
}

func (h *history) forget() {
	f := h.any()
	if f.ID == "" {
		return
	}
	if err := h.db.Forget(h.t.Context(), f.ID, "alice"); err != nil {
		h.t.Fatal(err)
	}
	delete(h.facts, f.ID)
	for i := range h.taken {
		h.taken[i].ids = slices.DeleteFunc(h.taken[i].ids, func(id string) bool { return id == f.ID })
	}
}

// remeasure applies other thresholds to all recordings, in batches, and sometimes
// takes them back at once. What changes is what was shown before.
func (h *history) remeasure() {
	h.t.Helper()
	ctx, rule := h.t.Context(), rules[h.rand.IntN(len(rules))]
	own, before := map[string]petition.Verdict{}, verdicts(h.t, h.db)
	var found []sqlite.Remeasured
	for last := (sqlite.Measured{}); ; {
		page, err := h.db.Measured(ctx, sqlite.Filter{Limit: 3}, last)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			r := sqlite.Remeasured{ID: m.ID, FileSHA256: m.FileSHA256, Measure: m.Measure}
			r.Own.Status, r.Own.Reason = rule.Judge(m.Consent, m.Measure)
			if f := h.facts[m.ID]; m.Own != f.Own || m.Stands != before[m.ID] {
				h.t.Errorf("%+v, want %v and %v", m, f.Own, before[m.ID])
			}
			if r.Own != m.Own {
				found, own[m.ID] = append(found, r), r.Own
			}
		}
		last = page[len(page)-1]
	}
	if len(found) == 0 {
		return
	}
	shown := h.preview(found)
	if diff := cmp.Diff(before, verdicts(h.t, h.db)); diff != "" {
		h.t.Errorf("a preview changed something:\n%s", diff)
	}
	run, err := h.db.BeginRemeasure(ctx, "alice", rule, 2)
	if err != nil {
		h.t.Fatal(err)
	}
	for batch := range slices.Chunk(found, 3) {
		if _, err := h.db.Remeasure(ctx, run, batch); err != nil {
			h.t.Fatal(err)
		}
		if n, err := h.db.Remeasure(ctx, run, batch); n != 0 || err != nil {
			h.t.Errorf("the same again changed %d, %v", n, err)
		}
	}
	after := maps.Clone(before)
	for _, c := range shown {
		if before[c.ID] != c.From {
			h.t.Errorf("shown from %v, was %v", c.From, before[c.ID])
		}
		after[c.ID] = c.To
	}
	if diff := cmp.Diff(after, verdicts(h.t, h.db)); diff != "" {
		h.t.Fatalf("(-shown +done):\n%s", diff)
	}
	if h.rand.IntN(3) == 0 {
		if n, err := h.db.UndoRemeasure(ctx, run, "bob"); n != len(found) || err != nil {
			h.t.Fatalf("undone of %d, %v; want %d", n, err, len(found))
		}
		if diff := cmp.Diff(before, verdicts(h.t, h.db)); diff != "" {
			h.t.Fatalf("(-before +undone):\n%s", diff)
		}
		return
	}
	for id, verdict := range own {
		f := h.facts[id]
		f.Own = verdict
		h.facts[id] = f
	}
}

// preview is what would change if these were written.
func (h *history) preview(found []sqlite.Remeasured) (shown []sqlite.Previewed) {
	h.t.Helper()
	ctx := h.t.Context()
	p, err := sqlite.NewPreview(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	defer p.Close()
	measures := map[string]petition.Measure{}
	for _, r := range found {
		measures[r.ID] = r.Measure
		if err := p.Own(ctx, r.ID, r.Own, r.Measure); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := h.db.PreviewRemeasure(ctx, p); err != nil {
		h.t.Fatal(err)
	}
	err = p.Changes(ctx, "", "", func(c sqlite.Previewed) error {
		if m, own := measures[c.ID]; own != (c.Measure != nil) || own && m != *c.Measure {
			h.t.Errorf("%s is shown with %+v, and was measured as %+v", c.ID, c.Measure, m)
		}
		shown = append(shown, c)
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	turns, err := p.Turns(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, turn := range turns {
		n := 0
		for _, c := range shown {
			if c.From.Status == turn.From && c.To.Status == turn.To {
				n++
			}
		}
		if n == 0 || n != turn.N {
			h.t.Errorf("%d are shown from %s to %s, and counted as %d", n, turn.From, turn.To, turn.N)
		}
	}
	return shown
}

// redecide is what people decided, by the decisions that are not undone.
func (h *history) redecide() {
	for id, f := range h.facts {
		f.Decided = ""
		for _, d := range h.taken {
			if slices.Contains(d.ids, id) {
				f.Decided = d.status
			}
		}
		h.facts[id] = f
	}
}

// verdicts are those that stand in the ledger.
func verdicts(t *testing.T, db *sqlite.DB) map[string]petition.Verdict {
	t.Helper()
	all := map[string]petition.Verdict{}
	for _, row := range list(t, db, sqlite.Filter{}) {
		if s := row.Signature; s != nil {
			all[s.ID] = petition.Verdict{Status: s.Status, Reason: s.StatusReason, Of: s.DuplicateOf}
		}
	}
	return all
}

// protected checks that nobody who took their support back, or told something in
// confidence, counts or leaves by another call of theirs unless a person said so.
func (h *history) protected(step int, all map[string]petition.Verdict) {
	h.t.Helper()
	kept := map[string]bool{}
	for _, f := range h.facts {
		if f.Pseudonym != "" && (f.Decided == petition.StatusConfidential || f.Decided == petition.StatusWithdrawn) {
			kept[f.Pseudonym] = true
		}
	}
	snapshot, err := h.db.Snapshot(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	defer snapshot.Close()
	leave, rows := map[string]bool{}, exported(h.t, snapshot, sqlite.ExportFilter{})
	for _, row := range rows {
		leave[row.ID] = true
	}
	for _, row := range rows {
		if row.DuplicateOf != "" && !leave[row.DuplicateOf] {
			h.t.Errorf("after step %d %s names %s, which does not leave", step, row.ID, row.DuplicateOf)
		}
	}
	for id, f := range h.facts {
		if !kept[f.Pseudonym] || f.Decided != "" {
			continue
		}
		if all[id].Status == petition.StatusCounted {
			h.t.Errorf("after step %d %s counts, and its line's place is kept by another", step, id)
		}
		if leave[id] && all[id].Status != petition.StatusBlank {
			h.t.Errorf("after step %d %s leaves, and its line's place is kept by another", step, id)
		}
	}
}

func (h *history) check(step int) {
	h.t.Helper()
	all := petition.Resolve(slices.Collect(maps.Values(h.facts)))
	if diff := cmp.Diff(all, verdicts(h.t, h.db)); diff != "" {
		h.t.Fatalf("after step %d (-all at once +as they came):\n%s", step, diff)
	}
	h.protected(step, all)
	err := h.db.Groups(h.t.Context(), func(g sqlite.Group) error {
		if len(g.Changes) > 0 {
			h.t.Errorf("after step %d dedupe would change %+v", step, g)
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	kept, counted, err := h.db.VerifyFigure(h.t.Context())
	if until, untilErr := h.db.FigureAt(h.t.Context(), start.AddDate(1, 0, 0)); untilErr != nil || until != kept {
		h.t.Errorf("after step %d: FigureAt = %+v, %v; want %+v", step, until, untilErr, kept)
	}
	if err != nil {
		h.t.Fatalf("after step %d: %v (-kept +counted):\n%s", step, err, cmp.Diff(kept, counted))
	}
	lines, withheld, unknown := map[string]bool{}, 0, 0
	for id, f := range h.facts {
		switch {
		case all[id].Status != petition.StatusCounted:
		case f.Class == petition.ClassWithheld:
			withheld++
		case f.Pseudonym == "":
			unknown++
		default:
			lines[f.Pseudonym] = true
		}
	}
	if len(lines) != kept.Lines || withheld != kept.Withheld || unknown != kept.Unknown {
		h.t.Errorf("after step %d: %+v, want %d lines, %d withheld, %d unknown", step, kept, len(lines), withheld, unknown)
	}
}

// Whatever comes in whatever order, the verdicts are those that follow from all
// that is known, taken at once; and the counters are those of the rows.
func TestAnyHistoryGivesTheSameVerdicts(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := &history{
				t:     t,
				rand:  rand.New(rand.NewPCG(seed, 4)),
				db:    open(t, sqlite.Config{Path: path(t)}),
				facts: map[string]petition.Facts{},
			}
			if err := h.db.Forgetful(t.Context()); err != nil {
				t.Fatal(err)
			}
			steps := []func(){h.arrive, h.arrive, h.arrive, h.arrive, h.decide, h.decide, h.undo, h.doubt, h.forget, h.remeasure}
			for step := range 60 {
				steps[h.rand.IntN(len(steps))]()
				if step%3 == 2 {
					h.check(step)
				}
			}
			seen := map[string]bool{}
			previous := petition.AuditStart
			err := h.db.AuditSince(t.Context(), 0, func(e petition.AuditEntry, _, _ string) error {
				if e.Previous != previous || e.Hash != e.Sum() {
					t.Errorf("entry %d does not fit", e.Seq)
				}
				previous = e.Hash
				seen[string(e.Kind)] = true
				return nil
			})
			if err != nil || !seen["status"] {
				t.Errorf("kinds of entries %q, %v", strings.Join(slices.Sorted(maps.Keys(seen)), ", "), err)
			}
		})
	}
}

func TestASignatureIsJudgedWithoutReadingTheOthers(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	for index, queries := range map[string]map[string]string{
		"c USING INDEX calls_by_caller": sqlite.CallerQueries,
		"v USING INDEX voices_by_audio": sqlite.AudioQueries,
	} {
		for name, query := range queries {
			plan, err := db.Plan(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			covering := strings.ReplaceAll(plan, "COVERING ", "")
			if !strings.Contains(covering, "SEARCH "+index) || strings.Contains(strings.ReplaceAll(plan, "SCAN known", ""), "SCAN ") {
				t.Errorf("%s:\n%s", name, plan)
			}
		}
	}
}
