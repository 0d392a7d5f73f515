package rebuild

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"glennline/petition"
)

// sideFigure is what there is one side figure for.
type sideFigure struct{ name, day string }

// takeKPI keeps the last that the chain says of a side figure.
func (h *history) takeKPI(e petition.AuditEntry) {
	k := sideFigure{e.Subject, e.Detail["day"]}
	if e.Detail["change"] == "removed" {
		delete(h.kpis, k)
		return
	}
	h.kpis[k] = e
}

// kpis brings the side figures back, as far as the chain holds them: numbers and
// quoted percentages. Texts and sources were in the database alone.
func (r *run) kpis(ctx context.Context) error {
	entries := slices.SortedFunc(maps.Values(r.old.kpis), func(a, b petition.AuditEntry) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, e := range entries {
		value := cmp.Or(e.Detail["value"], "(the text was lost with the database)")
		source := fmt.Sprintf("entry %d of the audit chain before the database was lost, and its source with it", e.Seq)
		figure, err := petition.NewKPI(e.Subject, value, e.Detail["baseline"], e.Detail["goal"], e.Detail["day"], source)
		if err != nil {
			r.refuse("side figure "+e.Subject, err)
			continue
		}
		if _, err := r.db.SetKPIs(ctx, []petition.KPI{figure}, e.Actor); err != nil {
			return err
		}
		r.report.KPIs++
	}
	return nil
}
