package report

import (
	"context"
	"fmt"
	"time"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// Config says what to report.
type Config struct {
	Since time.Time // calls that began then or later; zero for all
	Until time.Time // calls that began before; zero for all
	Line  string    // calls of this line; "" for all

	Zone       *time.Location
	Goal       int
	Milestones []int     // rising
	Deadline   time.Time // zero for none
	Legal      string
	Version    string        // of the program
	MaxCall    time.Duration // the longest that a call can last
	Now        time.Time
}

// Make reads the ledger, at one moment, and reports on it. Memory does not grow
// with the number of calls. If the rows do not agree with the counters that
// glennline count tells, it is sqlite.ErrCounters.
func Make(ctx context.Context, db *sqlite.DB, cfg Config) (*Report, error) {
	ledger, err := db.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer ledger.Close()
	return Of(ctx, ledger, cfg)
}

// Of is Make of a moment that is open already, to agree with whatever else is told
// of it; cfg.Now should be that moment.
func Of(ctx context.Context, ledger *sqlite.Snapshot, cfg Config) (*Report, error) {
	now := cfg.Now.UTC().Truncate(time.Millisecond)
	r := &Report{
		MadeAt:    now,
		AsOf:      now,
		Line:      cfg.Line,
		Timezone:  cfg.Zone.String(),
		Legal:     cfg.Legal,
		Installed: cfg.Version,
		Narrowed:  !cfg.Since.IsZero() || !cfg.Until.IsZero() || cfg.Line != "",
		Progress:  Progress{Goal: cfg.Goal, Milestones: []Milestone{}},
	}
	if !cfg.Until.IsZero() {
		r.AsOf = cfg.Until.UTC()
	}
	if !cfg.Since.IsZero() {
		since := cfg.Since.UTC()
		r.Since = &since
	}
	for _, n := range cfg.Milestones {
		r.Progress.Milestones = append(r.Progress.Milestones, Milestone{Signatures: n})
	}
	if !cfg.Deadline.IsZero() {
		deadline := cfg.Deadline.UTC()
		r.Progress.Deadline = &deadline
	}
	m := &making{cfg: cfg, report: r, tally: newTally(cfg)}
	r.AuditHead = ledger.Head
	if err := m.read(ctx, ledger); err != nil {
		return nil, err
	}
	m.finish()
	return r, nil
}

// making is a report on its way.
type making struct {
	cfg    Config
	report *Report
	tally  *tally
	figure petition.Figure
}

func (m *making) read(ctx context.Context, ledger *sqlite.Snapshot) error {
	span := sqlite.Span{Since: m.cfg.Since, Until: m.cfg.Until, Line: m.cfg.Line}
	counters, err := ledger.Figure(ctx)
	if err != nil {
		return err
	}
	if err := ledger.Calls(ctx, m.cfg.Until, m.tally.call); err != nil {
		return err
	}
	again, err := ledger.Repeated(ctx, span)
	if err != nil {
		return err
	}
	m.figure = m.tally.figure()
	m.figure.Lines = m.tally.known - again
	if !m.report.Narrowed && m.figure != counters {
		return fmt.Errorf("%w: run glennline count --verify; nothing should be given out before the cause is known", sqlite.ErrCounters)
	}
	if err := m.frozen(ctx, ledger); err != nil {
		return err
	}
	if err := m.witness(ctx, ledger, span); err != nil {
		return err
	}
	kpis, err := ledger.KPIs(ctx)
	if err != nil {
		return err
	}
	m.report.KPIs = sideFigures(kpis, m.report.AsOf.In(m.cfg.Zone))
	return nil
}

// frozen finds the figure that was fixed for the report's moment: whoever told it
// is not to be contradicted without a word.
func (m *making) frozen(ctx context.Context, ledger *sqlite.Snapshot) error {
	if m.cfg.Until.IsZero() || !m.cfg.Since.IsZero() || m.cfg.Line != "" {
		return nil
	}
	fixed, err := ledger.Frozen(ctx, m.cfg.Until)
	if err != nil || fixed == nil {
		return err
	}
	m.report.Frozen = &Frozen{fixed.Entry.Seq, fixed.Figure.Counted, m.figure.Counted - fixed.Figure.Counted}
	return nil
}

func (m *making) witness(ctx context.Context, ledger *sqlite.Snapshot, span sqlite.Span) error {
	since, last, err := ledger.WitnessedFrom(ctx)
	if err != nil {
		return err
	}
	purged, err := ledger.PurgedWitness(ctx)
	if err != nil || since.IsZero() && purged.Before.IsZero() {
		return err
	}
	w := &Witness{Since: since, Refused: []WayCount{}}
	if !purged.Before.IsZero() && purged.Before.After(m.cfg.Since) {
		w.Purged = &PurgedCount{purged.Before, purged.Refused, purged.Fallback}
	}
	if since.IsZero() {
		w.Since = purged.Before
	} else {
		w.Last = &last
	}
	if err := ledger.Aside(ctx, span, m.tally.aside); err != nil {
		return err
	}
	w.Fallback = m.tally.fallback
	for _, way := range []petition.Way{petition.WayFullCalls, petition.WayFullDisk, petition.WayFullCaller, petition.WayClosed, petition.WayUnknownNumber} {
		if n := m.tally.refused[way]; n > 0 {
			w.Refused = append(w.Refused, WayCount{way, n})
			w.Total += n
		}
	}
	m.report.Witness = w
	return nil
}

// finish puts what was counted into the report.
func (m *making) finish() {
	r, t := m.report, m.tally
	r.Totals = Totals{m.figure.Calls, m.figure.Messages, m.figure.Counted}
	r.Open, r.Lines, r.Withheld, r.Unknown = t.open, m.figure.Lines, m.figure.Withheld, m.figure.Unknown
	r.Statuses = statuses(m.figure, r.Narrowed)
	r.Peak = t.peak.found()
	r.Days = t.days(r.Witness, m.first(), r.AsOf.In(m.cfg.Zone))
	r.ByLine = t.byLine()
	r.Endings = t.byEnding()

	p := &r.Progress
	p.Counted = t.whole
	p.Percent = p.Counted * 100 / p.Goal
	p.Missing = max(0, p.Goal-p.Counted)
	reached := t.reached(p.Goal)
	if p.Missing == 0 {
		p.ReachedAt = reached
	}
	for i := range p.Milestones {
		p.Milestones[i].ReachedAt = t.reached(p.Milestones[i].Signatures)
	}
	r.course, r.first = t.course(), t.reached(1)
	p.project(t.wholeDays(), r.AsOf.In(m.cfg.Zone), m.cfg.Deadline)
}

// first is where the days begin: with what was asked for, if anything was.
func (m *making) first() time.Time {
	if m.cfg.Since.IsZero() {
		return time.Time{}
	}
	return m.cfg.Since.In(m.cfg.Zone)
}

// statuses are the figure's parts.
func statuses(f petition.Figure, narrowed bool) (all []StatusCount) {
	aside := 0
	for _, status := range petition.Statuses {
		n := *f.Of(status)
		switch status {
		case petition.StatusConfidential, petition.StatusRejected, petition.StatusWithdrawn, petition.StatusTest:
			if narrowed {
				aside += n
				continue
			}
		case petition.StatusCounted, petition.StatusBlank, petition.StatusDuplicate, petition.StatusReview:
		}
		all = append(all, StatusCount{string(status), n})
	}
	if narrowed {
		all = append(all, StatusCount{SetAside, aside})
	}
	return all
}
