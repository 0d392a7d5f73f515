package main

import "fmt"

// aim is something that glennline is to reach, and what was measured.
type aim struct {
	what  string
	most  float64
	got   float64
	where string // the load at which it was worst
}

func (a aim) met() string {
	switch {
	case a.got <= a.most:
		return "met"
	case a.most == 0:
		return "missed"
	}
	return fmt.Sprintf("missed by %.0f%%", 100*(a.got-a.most)/a.most)
}

// What is to be reached, by the medians, at every load.
const (
	mostTotal     = 1.10 // times the dialplan alone
	mostGlennline = 2.0  // ms a call
	mostGrowth    = 1.10 // of the most expensive load to the slowest one
	mostP99       = 1.3  // times the dialplan's
	mostPrompt    = 40   // ms more than the dialplan's
	mostCommit    = 250  // ms
)

// aims compares with them.
func (r *report) aims() []aim {
	if len(r.Summary) == 0 {
		return nil
	}
	worst := func(what string, most float64, of func(summary) float64) aim {
		a := aim{what: what, most: most}
		for i, s := range r.Summary {
			if got := of(s); i == 0 || got > a.got {
				a.got, a.where = got, s.load()
			}
		}
		return a
	}
	slowest := r.Summary[0]
	for _, s := range r.Summary {
		if s.Rate < slowest.Rate {
			slowest = s
		}
	}
	return []aim{
		worst("Asterisk and glennline together, times the dialplan alone", mostTotal, func(s summary) float64 { return s.Total.Median }),
		worst("glennline, ms of CPU a call", mostGlennline, func(s summary) float64 { return s.Glennline.Glennline.Median }),
		worst("the same, times that at the slowest rate", mostGrowth, func(s summary) float64 {
			return s.Glennline.Glennline.Median / max(slowest.Glennline.Glennline.Median, 1e-9)
		}),
		worst("INVITE to 200, 99th percentile, times the dialplan's", mostP99, func(s summary) float64 { return s.P99.Median }),
		worst("answer to the first prompt sample, ms more than the dialplan's", mostPrompt, func(s summary) float64 {
			return s.Glennline.ToPrompt.Median - s.Dialplan.ToPrompt.Median
		}),
		worst("hang-up to commit, ms", mostCommit, func(s summary) float64 { return s.Glennline.ToCommit.Median }),
		worst("calls lost", 0, func(s summary) float64 { return float64(s.Glennline.Lost) }),
	}
}

func (r *report) aimsTable() string {
	rows := [][]string{{"aim", "at most", "worst median", "at", ""}}
	for _, a := range r.aims() {
		rows = append(rows, []string{a.what, fmt.Sprint(a.most), fmt.Sprintf("%.2f", a.got), a.where, a.met()})
	}
	return table(rows)
}
