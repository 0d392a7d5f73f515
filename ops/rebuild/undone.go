package rebuild

import (
	"context"
	"errors"
	"maps"
	"slices"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// takenBack is a verdict of dedupe that was taken back.
type takenBack struct {
	sqlite.Change // From what the run had made of it, To what it was before
	actor         string
}

// takeStatus takes an entry about a status. Of those with a person's name, the
// ones that do not say that a person decided take a run back: of decisions, which
// then count no more, whether or not the end of the whole run is told; or of
// dedupe, whose verdict is then not the rule's any more.
func (h *history) takeStatus(e petition.AuditEntry) {
	id, run, before := e.Subject, e.Detail["run"], h.verdicts[e.Subject]
	if before.Status == "" { // that of its first day, or of a rebuild, of which there is no entry
		before.Status = petition.Status(e.Detail["from"])
	}
	now := petition.Verdict{Status: petition.Status(e.Detail["to"]), Reason: e.Detail["why"], Of: e.Detail["of"]}
	h.verdicts[id] = now
	delete(h.takenBack, id)
	switch {
	case e.Actor == petition.ActorRule:
	case now.Reason == petition.StatusReasonDecided:
		h.decided[id] = append(h.decided[id], decision{e.Seq, run, now.Status, e.Actor})
	default:
		h.decided[id] = slices.DeleteFunc(h.decided[id], func(d decision) bool { return d.run == run })
		if before.Reason != petition.StatusReasonDecided {
			h.takenBack[id] = takenBack{sqlite.Change{ID: id, From: before, To: now}, e.Actor}
		}
	}
}

// takeBack gives signatures the verdicts again that they had before a run of
// dedupe which a person took back, wherever the rule comes to that of the run
// again. Where it does not, something else is known of them now.
func (r *run) takeBack(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(r.old.takenBack)) {
		t := r.old.takenBack[id]
		if t.From.Reason == "" {
			row, err := r.db.Call(ctx, id)
			if err != nil && !errors.Is(err, sqlite.ErrNotFound) {
				return err
			}
			if s := row.Signature; s != nil && s.Status == t.From.Status {
				t.From = petition.Verdict{Status: s.Status, Reason: s.StatusReason, Of: s.DuplicateOf}
			}
		}
		done, err := r.db.TakeBack(ctx, t.Change, t.actor)
		if err != nil {
			return err
		}
		if done {
			r.report.TakenBack++
		}
	}
	return nil
}
