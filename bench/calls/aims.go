package main

import (
	"cmp"
	"fmt"
	"slices"

	"glennline/bench/page"
)

// aim is something that glennline is to reach, and what was measured.
type aim struct {
	what  string
	most  float64
	got   float64
	where string // the load at which it was worst; "" where it was not measured at every load
}

const notMeasured = "not measured"

func (a aim) met() string {
	switch {
	case a.where == "":
		return notMeasured
	case a.got <= a.most:
		return "met"
	case a.most == 0:
		return "missed"
	}
	return fmt.Sprintf("missed by %.0f%%", 100*(a.got-a.most)/a.most)
}

// worst is what was measured, for people.
func (a aim) worst() string {
	if a.where == "" {
		return ""
	}
	return fmt.Sprintf("%.2f", a.got)
}

// What is to be reached, by the medians, at every load that is compared.
const (
	mostTotal     = 1.10 // times the dialplan alone
	mostGlennline = 2.0  // ms a call
	mostGrowth    = 1.10 // of the most expensive load to the slowest one
	mostP99       = 1.3  // times the dialplan's
	mostPrompt    = 40   // ms more than the dialplan's
	mostCommit    = 250  // ms
)

// compared are the loads that others have answered too, or were to.
func (r *report) compared() []summary {
	return slices.DeleteFunc(slices.Clone(r.Summary), func(s summary) bool { return s.Alone })
}

// aims compares with them. What was not measured at every load is not met, and
// not missed either: a run that was broken off has met nothing. There are none
// where glennline alone was measured.
func (r *report) aims() []aim {
	loads := r.compared()
	if len(loads) == 0 {
		return nil
	}
	slowest := slowestOf(loads)
	worst := func(what string, most float64, of func(summary) (got float64, measured bool)) aim {
		a := aim{what: what, most: most}
		for _, s := range loads {
			got, measured := of(s)
			if !measured {
				return aim{what: what, most: most}
			}
			if a.where == "" || got > a.got {
				a.got, a.where = got, s.load()
			}
		}
		return a
	}
	cpu := func(s summary) float64 { return s.Glennline.Glennline.Median }
	return []aim{
		worst("Asterisk and glennline together, times the dialplan alone", mostTotal, func(s summary) (float64, bool) { return s.Total.Median, s.Total.Median > 0 }),
		worst("glennline, ms of CPU a call", mostGlennline, func(s summary) (float64, bool) { return cpu(s), s.Glennline.Calls > 0 }),
		worst("the same, times that at the slowest rate", mostGrowth, func(s summary) (float64, bool) {
			return cpu(s) / max(cpu(slowest), 1e-9), len(loads) > 1 && s.Glennline.Calls > 0 && cpu(slowest) > 0
		}),
		r.aimAsLong(loads),
		aimForP99(loads),
		worst("channel to answer, 99th percentile, times the dialplan's", mostP99, func(s summary) (float64, bool) {
			return s.AnswerP99.Median, s.AnswerP99.Median > 0
		}),
		worst("answer to the first prompt sample, ms more than the dialplan's", mostPrompt, func(s summary) (float64, bool) {
			return s.Glennline.ToPrompt.Median - s.Dialplan.ToPrompt.Median, s.Glennline.heard() && s.Dialplan.heard()
		}),
		worst("hang-up to commit, ms", mostCommit, func(s summary) (float64, bool) { return s.Glennline.ToCommit.Median, s.Glennline.Probes > 0 }),
		worst("calls lost", 0, func(s summary) (float64, bool) { return float64(s.Glennline.Lost), s.Glennline.Calls > 0 }),
		worst("recordings short", 0, func(s summary) (float64, bool) { return float64(s.Glennline.Short), s.Glennline.Calls > 0 }),
	}
}

// slowestOf is the load at which calls come slowest, of one or more.
func slowestOf(loads []summary) summary {
	return slices.MinFunc(loads, func(a, b summary) int { return cmp.Compare(a.Rate, b.Rate) })
}

// aimAsLong is over the loads beside which calls of the same length come slower, if
// only to glennline: what many calls cost, apart from what long ones do.
func (r *report) aimAsLong(loads []summary) aim {
	a := aim{what: "the same, times that at the slowest rate of calls as long", most: mostGrowth}
	for _, s := range loads {
		slowest := slowestOf(slices.DeleteFunc(slices.Clone(r.Summary), func(other summary) bool { return other.Length != s.Length }))
		if least := slowest.Glennline.Glennline.Median; slowest.Rate < s.Rate && least > 0 {
			if got := s.Glennline.Glennline.Median / least; got > a.got {
				a.got, a.where = got, s.load()
			}
		}
	}
	return a
}

// aimForP99 is over the loads at which the dialplan's own time can be seen: where
// it is below a step of SIPp's clock, it is 0 and nothing is so many times it.
func aimForP99(loads []summary) aim {
	a := aim{what: "INVITE to 200, 99th percentile, times the dialplan's", most: mostP99}
	for _, s := range loads {
		if s.Glennline.Calls == 0 || s.Dialplan.Calls == 0 {
			return aim{what: a.what, most: a.most}
		}
		if got := s.P99.Median; got > a.got {
			a.got, a.where = got, s.load()
		}
	}
	return a
}

// heard says whether a probe was there that heard the prompts.
func (f figures) heard() bool { return f.Probes > f.Unheard }

// noAims is said where there is nothing to judge.
const noAims = "Nobody but glennline answered: no aim is judged."

func (r *report) aimsTable() string {
	aims := r.aims()
	if len(aims) == 0 {
		return noAims
	}
	rows := [][]string{{"aim", "at most", "worst median", "at", ""}}
	for _, a := range aims {
		rows = append(rows, []string{a.what, fmt.Sprint(a.most), a.worst(), a.where, a.met()})
	}
	return page.Table(rows)
}
