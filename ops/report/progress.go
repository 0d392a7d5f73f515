package report

import (
	"fmt"
	"math"
	"time"
)

// Progress is how far it is to the goal, of all calls up to the report's moment,
// whatever part of them the rest of it is about.
type Progress struct {
	Goal       int         `json:"goal"`
	Counted    int         `json:"counted"`
	Percent    int         `json:"percent"`    // of the goal, rounded down
	Missing    int         `json:"missing"`    // 0 when it is reached
	ReachedAt  *time.Time  `json:"reached_at"` // UTC: when the call came that completed it; null before
	Milestones []Milestone `json:"milestones"`
	Deadline   *time.Time  `json:"deadline"` // UTC: the first moment after it; null for none
	Projection Projection  `json:"projection"`
}

// Milestone is a number on the way to the goal.
type Milestone struct {
	Signatures int        `json:"signatures"`
	ReachedAt  *time.Time `json:"reached_at"` // UTC; null before
}

// Projection is arithmetic on past days, with all that it is made of. It is no
// promise, and where the data is too thin there is none.
type Projection struct {
	Method     string  `json:"method"`      // mean_of_days, or none
	WhyNone    string  `json:"why_none"`    // "" where there is one
	From       string  `json:"from"`        // first day of the window
	To         string  `json:"to"`          // last day of it, included
	Days       int     `json:"days"`        // of the window, all of them whole
	Counted    int     `json:"counted"`     // in the window
	PerDay     float64 `json:"per_day"`     // mean of the window
	Least      int     `json:"least"`       // of a day of it
	Most       int     `json:"most"`        // of a day of it
	Assumption string  `json:"assumption"`  // what has to hold for it
	Caution    string  `json:"caution"`     // what speaks against it, "" for nothing
	GoalOn     string  `json:"goal_on"`     // day on which the goal is reached at the mean; "" if not within a year
	AtDeadline *Range  `json:"at_deadline"` // counted by then; null without a deadline
}

// Range is a number at the mean, and at the window's slowest and fastest day.
type Range struct {
	Mean  int `json:"mean"`
	Least int `json:"least"`
	Most  int `json:"most"`
}

// What a projection needs.
const (
	windowDays   = 7   // whole days that it looks back at, at most
	leastDays    = 3   // and at least
	leastCounted = 100 // signatures in them
	furthest     = 365 // days that it looks ahead
)

const (
	methodNone = "none"
	methodMean = "mean_of_days"
)

// dayCount is how many were counted on a day.
type dayCount struct {
	day     time.Time // its midnight
	counted int
}

// project makes the projection at a moment in the campaign's zone, from what was
// counted on each day up to then, in their order; days without a call may be
// missing.
func (p *Progress) project(days []dayCount, now, deadline time.Time) {
	window, why := p.window(days, now, deadline)
	if why != "" {
		p.Projection = Projection{Method: methodNone, WhyNone: why}
		return
	}
	j := &p.Projection
	*j = Projection{
		Method:     methodMean,
		From:       window[0].day.Format(time.DateOnly),
		To:         window[len(window)-1].day.Format(time.DateOnly),
		Days:       len(window),
		Least:      math.MaxInt,
		Assumption: "as many are counted on each day to come as on the mean day of the window",
	}
	for _, d := range window {
		j.Counted += d.counted
		j.Least, j.Most = min(j.Least, d.counted), max(j.Most, d.counted)
	}
	if j.Counted < leastCounted {
		*j = Projection{Method: methodNone, WhyNone: fmt.Sprintf("in the last %d whole days %s counted, and it takes %d to project from", len(window), number(j.Counted)+were(j.Counted), leastCounted)}
		return
	}
	j.PerDay = float64(j.Counted) / float64(j.Days)
	switch last := float64(window[len(window)-1].counted); {
	case last < j.PerDay/4:
		*j = Projection{Method: methodNone, WhyNone: fmt.Sprintf("calls are falling fast (%s on the last whole day, %s at the mean of %d days), so a mean says nothing of the days to come",
			number(window[len(window)-1].counted), perDay(j.PerDay), len(window))}
		return
	case last < j.PerDay/2:
		j.Caution = "the last whole day had less than half of the mean: calls are falling, and this is probably too high"
	case last > j.PerDay*2:
		j.Caution = "the last whole day had more than twice the mean: calls are rising, and this is probably too low"
	}
	if ahead := math.Ceil(float64(p.Missing) / j.PerDay * 24); ahead <= furthest*24 {
		j.GoalOn = now.Add(time.Duration(ahead) * time.Hour).Format(time.DateOnly)
	}
	if !deadline.IsZero() {
		left := deadline.Sub(now).Hours() / 24
		at := func(perDay float64) int { return p.Counted + int(perDay*left) }
		j.AtDeadline = &Range{at(j.PerDay), at(float64(j.Least)), at(float64(j.Most))}
	}
}

// window are the whole days to project from, oldest first, or why there are
// none.
func (p *Progress) window(days []dayCount, now, deadline time.Time) ([]dayCount, string) {
	switch {
	case p.Missing == 0:
		return nil, "the goal is reached"
	case !deadline.IsZero() && !now.Before(deadline):
		return nil, "the deadline is over"
	case p.Counted == 0:
		return nil, "nothing is counted yet"
	}
	counted := make(map[string]int, len(days))
	first := now
	for _, d := range days {
		if d.counted > 0 && d.day.Before(first) {
			first = d.day
		}
		counted[d.day.Format(time.DateOnly)] = d.counted
	}
	// The first day of a campaign begins when it begins, and is no whole day.
	var window []dayCount
	today := midnight(now)
	for back := windowDays; back > 0; back-- {
		day := midnight(time.Date(today.Year(), today.Month(), today.Day()-back, 12, 0, 0, 0, today.Location()))
		if day.After(first) {
			window = append(window, dayCount{day, counted[day.Format(time.DateOnly)]})
		}
	}
	if len(window) < leastDays {
		return nil, fmt.Sprintf("so far there %s after the first, and it takes %d to project from", areWhole(len(window)), leastDays)
	}
	return window, ""
}

func areWhole(n int) string {
	if n == 1 {
		return "is 1 whole day"
	}
	return fmt.Sprintf("are %d whole days", n)
}

func were(n int) string {
	if n == 1 {
		return " was"
	}
	return " were"
}
