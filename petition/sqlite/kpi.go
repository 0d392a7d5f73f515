package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"glennline/petition"
)

// ErrNoKPI says that there is no side figure of that name, or of that day.
var ErrNoKPI = errors.New("no such side figure")

// KPIChanges says what became of side figures that were to be stored.
type KPIChanges struct {
	Added    int
	Replaced int // there was another one of that name and day
	Same     int // it stood there already, and nothing was written
}

const upsertKPI = `
INSERT INTO kpis (
	name,
	day,
	value,
	baseline,
	goal,
	source,
	actor,
	changed_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name, day) DO UPDATE SET
	value      = excluded.value,
	baseline   = excluded.baseline,
	goal       = excluded.goal,
	source     = excluded.source,
	actor      = excluded.actor,
	changed_at = excluded.changed_at`

// SetKPIs stores side figures, all or none, each change with an entry in the
// audit chain. One that is there for the same name and day is replaced. Actor
// and ChangedAt of the figures are set here.
func (db *DB) SetKPIs(ctx context.Context, figures []petition.KPI, actor string) (KPIChanges, error) {
	var changes KPIChanges
	now := db.now()
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		for _, k := range figures {
			old, err := s.kpi(ctx, k.Name, k.Day)
			if err != nil {
				return nil, err
			}
			change := kpiSet
			switch {
			case old == nil:
				changes.Added++
			case old.Value == k.Value && old.Baseline == k.Baseline && old.Goal == k.Goal && old.Source == k.Source:
				changes.Same++
				continue
			default:
				changes.Replaced++
				change = kpiReplaced
			}
			if _, err := s.exec(ctx, upsertKPI, k.Name, k.Day.Format(time.DateOnly), k.Value.Text, k.Baseline.Text, k.Goal.Text,
				k.Source, actor, millis(now)); err != nil {
				return nil, err
			}
			if err := s.auditKPI(ctx, change, k, now, actor); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	if err != nil {
		return KPIChanges{}, fmt.Errorf("store side figures: %w", err)
	}
	return changes, nil
}

// What entries of the audit chain say of a side figure.
const (
	kpiSet      = "set"
	kpiReplaced = "replaced"
	kpiRemoved  = "removed"
)

// auditKPI writes down a change. Numbers are in the entry itself; what is
// text, which may hold a person's name, is where it can be erased.
func (s *session) auditKPI(ctx context.Context, change string, k petition.KPI, now time.Time, actor string) error {
	detail := map[string]string{"change": change, "day": k.Day.Format(time.DateOnly)}
	free := []string{"source: " + k.Source}
	for _, part := range []struct {
		name string
		q    petition.Quantity
	}{{"value", k.Value}, {"baseline", k.Baseline}, {"goal", k.Goal}} {
		switch part.q.Kind {
		case petition.QuantityNumber, petition.QuantityPercent:
			detail[part.name] = part.q.Text
		case petition.QuantityText:
			free = append(free, part.name+": "+part.q.Text)
		case petition.QuantityNone:
		}
	}
	return s.audit(ctx, petition.AuditEntry{At: now, Actor: actor, Kind: petition.AuditKPI, Subject: k.Name, Detail: detail}, strings.Join(free, "\n"))
}

const removeKPI = `
DELETE FROM kpis
WHERE name = ?
AND day = ?`

// RemoveKPIs removes the side figure of a name and day, or with a zero day all
// of the name, each with an entry in the audit chain, and says how many.
//
// Errors: ErrNoKPI, ErrUnavailable.
func (db *DB) RemoveKPIs(ctx context.Context, name string, day time.Time, actor string) (int, error) {
	removed := 0
	now := db.now()
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		figures, err := s.kpis(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, k := range figures {
			if !day.IsZero() && !k.Day.Equal(day) {
				continue
			}
			if _, err := s.exec(ctx, removeKPI, k.Name, k.Day.Format(time.DateOnly)); err != nil {
				return nil, err
			}
			if err := s.auditKPI(ctx, kpiRemoved, k, now, actor); err != nil {
				return nil, err
			}
			removed++
		}
		return nil, nil
	})
	if err == nil && removed == 0 {
		err = fmt.Errorf("%q%s: glennline kpi list shows those that there are: %w", name, ofDay(day), ErrNoKPI)
	}
	return removed, err
}

func ofDay(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return " of " + day.Format(time.DateOnly)
}

const selectKPIs = `
SELECT
	name,
	day,
	value,
	baseline,
	goal,
	source,
	actor,
	changed_at
FROM kpis`

const (
	allKPIs = selectKPIs + `
ORDER BY name COLLATE NOCASE, name, day`
	kpisOfName = selectKPIs + `
WHERE name = ?
ORDER BY day`
	kpiOfDay = selectKPIs + `
WHERE name = ?
AND day = ?
ORDER BY name`
)

// KPIs are the side figures, by name and then by day.
func (db *DB) KPIs(ctx context.Context) ([]petition.KPI, error) {
	rows, err := db.readers.QueryContext(ctx, allKPIs)
	figures, err := scanKPIs(rows, err)
	if err != nil {
		return nil, db.failed("list side figures", err)
	}
	return figures, nil
}

func (s *session) kpis(ctx context.Context, name string) ([]petition.KPI, error) {
	rows, err := s.conn.QueryContext(ctx, kpisOfName, name)
	return scanKPIs(rows, err)
}

// kpi is the side figure of a name and day, nil if there is none.
func (s *session) kpi(ctx context.Context, name string, day time.Time) (*petition.KPI, error) {
	rows, err := s.conn.QueryContext(ctx, kpiOfDay, name, day.Format(time.DateOnly))
	figures, err := scanKPIs(rows, err)
	if err != nil || len(figures) == 0 {
		return nil, err
	}
	return &figures[0], nil
}

func scanKPIs(rows *sql.Rows, err error) ([]petition.KPI, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var figures []petition.KPI
	for rows.Next() {
		k, err := scanKPI(rows)
		if err != nil {
			return nil, err
		}
		figures = append(figures, k)
	}
	return figures, rows.Err()
}

func scanKPI(rows *sql.Rows) (petition.KPI, error) {
	var name, day, value, baseline, goal, source, actor string
	var changed sql.NullInt64
	if err := rows.Scan(&name, &day, &value, &baseline, &goal, &source, &actor, &changed); err != nil {
		return petition.KPI{}, err
	}
	k, err := petition.NewKPI(name, value, baseline, goal, day, source)
	if err != nil {
		return k, fmt.Errorf("%s of %s: %w; take it away with glennline kpi remove", name, day, err)
	}
	k.Actor, k.ChangedAt = actor, moment(changed)
	return k, nil
}
