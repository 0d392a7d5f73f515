package report

import (
	"time"

	"glennline/petition"
)

// KPI is a side figure: the latest, what it comes to, and those before.
type KPI struct {
	Name string `json:"name"`
	SideFigure
	Before []SideFigure `json:"before"` // of earlier days, the oldest first
}

// SideFigure is a side figure of a day. What its source gives is quoted; what
// follows from numbers is computed here.
type SideFigure struct {
	At       string    `json:"at"` // a day
	Value    Quantity  `json:"value"`
	Baseline *Quantity `json:"baseline"` // of this day or the latest before that has one; null for none
	Goal     *Quantity `json:"goal"`     // likewise
	Source   string    `json:"source"`
	OfGoal   *Computed `json:"of_goal"`           // share of the goal; null where one of both is no number
	Times    *Computed `json:"times_of_baseline"` // null where one of both is no number
}

// Quantity is a value as it was given.
type Quantity struct {
	Kind   petition.QuantityKind `json:"kind"`
	Text   string                `json:"text"`
	Number *float64              `json:"number"` // null for what is quoted
	Quoted bool                  `json:"quoted"` // it stands as somebody else computed or worded it
}

// Computed is what follows from two numbers.
type Computed struct {
	Ratio float64 `json:"ratio"`
	Text  string  `json:"text"` // rounded down
}

// sideFigures are those up to a day, by name; all are in the order of name and
// day.
func sideFigures(all []petition.KPI, until time.Time) []KPI {
	kpis := []KPI{}
	var goal, baseline *Quantity
	for _, k := range all {
		if k.Day.Format(time.DateOnly) > until.Format(time.DateOnly) {
			continue
		}
		if len(kpis) == 0 || kpis[len(kpis)-1].Name != k.Name {
			goal, baseline = nil, nil
			kpis = append(kpis, KPI{Name: k.Name, Before: []SideFigure{}})
		} else {
			last := &kpis[len(kpis)-1]
			last.Before = append(last.Before, last.SideFigure)
		}
		if k.Goal.Kind != petition.QuantityNone {
			goal = quantity(k.Goal)
		}
		if k.Baseline.Kind != petition.QuantityNone {
			baseline = quantity(k.Baseline)
		}
		f := SideFigure{At: k.Day.Format(time.DateOnly), Value: *quantity(k.Value), Goal: goal, Baseline: baseline, Source: k.Source}
		f.compare()
		kpis[len(kpis)-1].SideFigure = f
	}
	return kpis
}

func quantity(q petition.Quantity) *Quantity {
	made := &Quantity{Kind: q.Kind, Text: q.Text, Quoted: q.Kind != petition.QuantityNumber}
	if !made.Quoted {
		made.Number = &q.Number
	}
	return made
}

// compare computes what can be computed: of two numbers, the second above zero.
func (f *SideFigure) compare() {
	if f.Value.Number == nil {
		return
	}
	if f.Goal != nil && f.Goal.Number != nil && *f.Goal.Number > 0 {
		ratio := *f.Value.Number / *f.Goal.Number
		f.OfGoal = &Computed{ratio, percent(ratio)}
	}
	if f.Baseline != nil && f.Baseline.Number != nil && *f.Baseline.Number > 0 {
		ratio := *f.Value.Number / *f.Baseline.Number
		f.Times = &Computed{ratio, times(ratio)}
	}
}
