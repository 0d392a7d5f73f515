package report

import (
	"maps"
	"slices"
	"time"
)

// longGap is how many days without anything are told one by one. More of them are
// left out: a single call with a clock gone wrong is no campaign of years.
const longGap = 31

// days are the days of the span with their hours. first is where they begin, or
// zero for the first call's; they end with the report's moment.
func (t *tally) days(witness *Witness, first, last time.Time) []Day {
	all := []Day{}
	var midnights []time.Time
	for start := range t.hours {
		midnights = append(midnights, midnight(time.Unix(start, 0).In(t.cfg.Zone)))
	}
	if !first.IsZero() {
		midnights = append(midnights, midnight(first))
	}
	if len(midnights) == 0 {
		return all
	}
	slices.SortFunc(midnights, time.Time.Compare)
	midnights = slices.CompactFunc(midnights, time.Time.Equal)
	// The last day is that of the moment before, so that a report up to midnight
	// does not begin another day.
	newest := midnights[len(midnights)-1]
	if end := midnight(last.Add(-time.Millisecond)); end.After(newest) && end.Before(newest.AddDate(0, 0, longGap+2)) {
		midnights = append(midnights, end)
	}
	for i, day := range midnights {
		all = append(all, t.day(day, witness))
		if i+1 == len(midnights) {
			break
		}
		var gap []Day
		for next := nextDay(day); next.Before(midnights[i+1]) && len(gap) <= longGap; next = nextDay(next) {
			gap = append(gap, t.day(next, witness))
		}
		if len(gap) <= longGap {
			all = append(all, gap...)
		}
	}
	return all
}

func (t *tally) day(start time.Time, witness *Witness) Day {
	day := Day{Date: start.Format(time.DateOnly), Refused: new(int), Fallback: new(int)}
	for _, at := range hoursOf(start) {
		hour := Hour{Start: at}
		p, there := t.hours[at.Unix()]
		if there {
			hour.Totals = p.Totals
			day.Calls += p.Calls
			day.Messages += p.Messages
			day.Counted += p.Counted
		}
		switch {
		case !witness.tells(at, hour.Calls):
			day.Refused, day.Fallback = nil, nil // of a day of which a part is not known, a number would be too low
		case there:
			hour.Refused, hour.Fallback = &p.refused, &p.fallback
		default:
			hour.Refused, hour.Fallback = new(int), new(int)
		}
		if day.Refused != nil {
			*day.Refused += *hour.Refused
			*day.Fallback += *hour.Fallback
		}
		day.Hours = append(day.Hours, hour)
	}
	return day
}

// wholeDays are what was counted of all calls, by day and in order.
func (t *tally) wholeDays() []dayCount {
	counted := make(map[int64]int)
	for hour, n := range t.daily {
		counted[midnight(time.Unix(hour, 0).In(t.cfg.Zone)).Unix()] += n
	}
	var days []dayCount
	for day, n := range counted {
		days = append(days, dayCount{time.Unix(day, 0).In(t.cfg.Zone), n})
	}
	slices.SortFunc(days, func(a, b dayCount) int { return a.day.Compare(b.day) })
	return days
}

// course is what was counted of all calls up to the end of each hour in which
// anything was.
func (t *tally) course() (points []point) {
	total := 0
	for _, hour := range slices.Sorted(maps.Keys(t.daily)) {
		total += t.daily[hour]
		points = append(points, point{time.Unix(hour, 0).In(t.cfg.Zone).Add(time.Hour), total})
	}
	return points
}
