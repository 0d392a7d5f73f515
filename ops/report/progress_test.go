package report

import (
	"strings"
	"testing"
	"time"
)

func TestProjection(t *testing.T) {
	zone := zoneOf(t, "Europe/Brussels")
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, zone)
	deadline := time.Date(2026, 12, 2, 12, 0, 0, 0, zone)
	// counted are the days before now, the last is yesterday.
	days := func(counted ...int) (all []dayCount) {
		for i, n := range counted {
			all = append(all, dayCount{time.Date(2026, 11, 22-len(counted)+i, 0, 0, 0, 0, zone), n})
		}
		return all
	}
	for name, tt := range map[string]struct {
		goal     int
		days     []dayCount
		deadline time.Time
		why      string
		want     Projection
	}{
		"reached":        {100, days(50, 50, 50, 50), deadline, "the goal is reached", Projection{}},
		"over":           {1000, days(50, 50, 50, 50), now, "the deadline is over", Projection{}},
		"nothing":        {1000, nil, deadline, "nothing is counted yet", Projection{}},
		"two whole days": {1000, days(50, 50, 50), deadline, "so far there are 2 whole days after the first, and it takes 3", Projection{}},
		"one whole day":  {1000, days(50, 50), deadline, "there is 1 whole day after", Projection{}},
		"few":            {1000, days(500, 10, 20, 30), deadline, "in the last 3 whole days 60 were counted, and it takes 100", Projection{}},
		"one":            {1000, days(500, 1, 0, 0), deadline, "in the last 3 whole days 1 was counted", Projection{}},
		"falling fast":   {5000, days(500, 400, 200, 20), deadline, "calls are falling fast (20 on the last whole day, 207 at the mean of 3 days)", Projection{}},
		"three, the first is no whole day": {5000, days(900, 100, 130, 70), deadline, "", Projection{
			From: "2026-11-19", To: "2026-11-21", Days: 3, Counted: 300, PerDay: 100, Least: 70, Most: 130,
			GoalOn: "2026-12-30", AtDeadline: &Range{2200, 1900, 2500},
		}},
		"seven at most": {5000, days(900, 900, 50, 100, 100, 100, 100, 100, 150), time.Time{}, "", Projection{
			From: "2026-11-15", To: "2026-11-21", Days: 7, Counted: 700, PerDay: 100, Least: 50, Most: 150, GoalOn: "2026-12-17",
		}},
		"a day without any": {5000, append(days(900, 150, 0, 200)[:2], days(200)...), time.Time{}, "", Projection{
			From: "2026-11-19", To: "2026-11-21", Days: 3, Counted: 350, PerDay: 350. / 3, Least: 0, Most: 200, GoalOn: "2026-12-24",
		}},
		"falling": {5000, days(900, 100, 130, 40), time.Time{}, "", Projection{
			From: "2026-11-19", To: "2026-11-21", Days: 3, Counted: 270, PerDay: 90, Least: 40, Most: 130, GoalOn: "2027-01-04",
			Caution: "the last whole day had less than half of the mean: calls are falling, and this is probably too high",
		}},
		"rising": {5000, days(900, 10, 10, 180), time.Time{}, "", Projection{
			From: "2026-11-19", To: "2026-11-21", Days: 3, Counted: 200, PerDay: 200. / 3, Least: 10, Most: 180, GoalOn: "2027-01-20",
			Caution: "the last whole day had more than twice the mean: calls are rising, and this is probably too low",
		}},
		"far": {50_000_000, days(900, 100, 130, 70), time.Time{}, "", Projection{
			From: "2026-11-19", To: "2026-11-21", Days: 3, Counted: 300, PerDay: 100, Least: 70, Most: 130,
		}},
	} {
		p := Progress{Goal: tt.goal}
		for _, d := range tt.days {
			p.Counted += d.counted
		}
		p.Missing = max(0, p.Goal-p.Counted)
		p.project(tt.days, now, tt.deadline)
		got := p.Projection
		if tt.why != "" {
			if got.Method != "none" || !strings.Contains(got.WhyNone, tt.why) {
				t.Errorf("%s: %+v, want none, since %s", name, got, tt.why)
			}
			continue
		}
		at := got.AtDeadline
		got.AtDeadline, got.Method, got.Assumption = nil, "", ""
		wantAt := tt.want.AtDeadline
		tt.want.AtDeadline = nil
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
		if (at == nil) != (wantAt == nil) || at != nil && *at != *wantAt {
			t.Errorf("%s: by the deadline %+v, want %+v", name, at, wantAt)
		}
	}
}
