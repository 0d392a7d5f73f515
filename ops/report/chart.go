package report

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Charts are drawn in a box of these units, which the page scales to its width.
const (
	chartWidth  = 720.0
	chartHeight = 240.0
	chartLeft   = 56.0 // for the numbers of the axis
	chartTop    = 12.0
	chartBottom = 24.0 // for the days under it
)

const plotWidth, plotHeight = chartWidth - chartLeft - 8, chartHeight - chartTop - chartBottom

// tick is a place on an axis.
type tick struct {
	At    float64
	Label string
	End   bool // the label ends there instead of standing over it
}

// point is how many were counted up to the end of an hour.
type point struct {
	at    time.Time
	total int
}

// course is the chart of what is counted in all, as time goes.
type course struct {
	Title, Desc    string
	Points, Area   string
	Goal           float64
	GoalLabel      string
	GoalLabelAt    float64
	Marks          []tick // milestones
	Deadline       *tick
	YTicks, XTicks []tick
}

// courseChart draws what was counted of all calls, nil without any.
func (r *Report) courseChart() *course {
	if len(r.course) == 0 {
		return nil
	}
	from, to := r.course[0].at.Add(-time.Hour), r.AsOf.In(r.zone())
	newest := r.course[len(r.course)-1].at
	switch {
	case to.Before(newest): // the hour is not over
		to = newest
	case to.Sub(newest) > longGap*24*time.Hour:
		to = newest.Add(24 * time.Hour)
	}
	end := to
	if d := r.Progress.Deadline; d != nil && d.After(to) && d.Sub(from) < 2*to.Sub(from) {
		end = d.In(r.zone())
	}
	top := axisTop(max(r.Progress.Goal, r.Progress.Counted))
	x := func(t time.Time) float64 { return chartLeft + plotWidth*float64(t.Sub(from))/float64(end.Sub(from)) }
	y := func(n int) float64 { return chartTop + plotHeight*(1-float64(n)/float64(top)) }

	var points strings.Builder
	fmt.Fprintf(&points, "%.1f,%.1f", x(from), y(0))
	before := point{from, 0}
	for _, p := range r.course {
		if begin := p.at.Add(-time.Hour); begin.After(before.at) { // hours without any are flat
			fmt.Fprintf(&points, " %.1f,%.1f", x(begin), y(before.total))
		}
		fmt.Fprintf(&points, " %.1f,%.1f", x(p.at), y(p.total))
		before = p
	}
	fmt.Fprintf(&points, " %.1f,%.1f", x(to), y(before.total))
	c := &course{
		Title:     "Counted signatures, all together",
		Desc:      r.headline() + ". The first was counted on " + r.moment(*r.first) + ".",
		Points:    points.String(),
		Area:      fmt.Sprintf("%s %.1f,%.1f", points.String(), x(to), y(0)),
		Goal:      y(r.Progress.Goal),
		GoalLabel: "goal " + number(r.Progress.Goal),
		YTicks:    yTicks(top, y),
		XTicks:    timeTicks(from, end, x),
	}
	c.GoalLabelAt = c.Goal - 4
	if c.GoalLabelAt < chartTop+8 {
		c.GoalLabelAt = c.Goal + 12
	}
	for _, m := range r.Progress.Milestones {
		c.Marks = append(c.Marks, tick{At: y(m.Signatures), Label: number(m.Signatures)})
	}
	if end.After(to) {
		c.Deadline = &tick{At: x(end), Label: "deadline"}
	}
	return c
}

// barChart is the chart of the days.
type barChart struct {
	Title, Desc    string
	Bars           []barOf
	YTicks, XTicks []tick
}

// barOf is a day: a bar as high as its calls, and one before it as high as what
// is counted of them.
type barOf struct {
	X, Width            float64
	CallsY, CallsHeight float64
	Y, Height           float64
	Label               string
}

// dayChart draws the days, nil without any.
func (r *Report) dayChart() *barChart {
	if r.Calls == 0 {
		return nil
	}
	most := 0
	for _, d := range r.Days {
		most = max(most, d.Calls)
	}
	top := axisTop(most)
	height := func(n int) float64 { return plotHeight * float64(n) / float64(top) }
	y := func(n int) float64 { return chartTop + plotHeight - height(n) }
	step := plotWidth / float64(len(r.Days))
	busiest := r.busiest()
	c := &barChart{
		Title:  "Calls of each day, and how many of them are counted",
		Desc:   fmt.Sprintf("%s Most calls came on %s: %s. The numbers are in the table below.", r.overview(), dayName(busiest.Date), number(busiest.Calls)),
		YTicks: yTicks(top, y),
	}
	every := max(1, int(math.Ceil(float64(len(r.Days))/8)))
	for i, d := range r.Days {
		left := chartLeft + float64(i)*step
		if d.Calls > 0 {
			c.Bars = append(c.Bars, barOf{
				X: left + step*0.1, Width: step * 0.8,
				CallsY: y(d.Calls), CallsHeight: height(d.Calls),
				Y: y(d.Counted), Height: height(d.Counted),
				Label: fmt.Sprintf("%s: %s, %s counted", dayName(d.Date), plural(d.Calls, "call"), number(d.Counted)),
			})
		}
		if i%every == 0 {
			c.XTicks = append(c.XTicks, tick{At: left + step/2, Label: d.Date[len("2006-"):]})
		}
	}
	return c
}

// heatMap is the chart of the hours: a row for each day, a cell for each hour.
type heatMap struct {
	Title, Desc string
	Height      float64
	Cells       []cell
	Rows        []tick
	Hours       []tick
	Most        string
	LeftOut     int // days before
}

// cell is an hour, in one of five shades.
type cell struct {
	X, Y, Width, Height float64
	Shade               int // 1 to 5
	Label               string
}

const (
	heatLeft  = 96.0
	heatTop   = 16.0
	heatRow   = 14.0
	heatMost  = 62 // days
	heatShade = 5
)

// heatMap draws the hours of the last days, nil without a call.
func (r *Report) heatMap() *heatMap {
	if r.Calls == 0 {
		return nil
	}
	days := r.Days
	h := &heatMap{Title: "Calls of each hour"}
	if len(days) > heatMost {
		h.LeftOut = len(days) - heatMost
		days = days[h.LeftOut:]
	}
	most, at := 0, ""
	for _, d := range days {
		for _, hour := range d.Hours {
			if hour.Calls > most {
				most, at = hour.Calls, r.moment(hour.Start)
			}
		}
	}
	if most == 0 {
		return nil
	}
	h.Most = number(most)
	h.Desc = fmt.Sprintf("The darker, the more calls. The busiest hour began on %s: %s. The numbers are in the table below.", at, plural(most, "call"))
	width := (chartWidth - heatLeft - 8) / 24
	for hour := range 24 {
		if hour%3 == 0 {
			h.Hours = append(h.Hours, tick{At: heatLeft + float64(hour)*width, Label: fmt.Sprintf("%02d:00", hour)})
		}
	}
	for i, d := range days {
		top := heatTop + float64(i)*heatRow
		h.Rows = append(h.Rows, tick{At: top + heatRow - 4, Label: dayName(d.Date)})
		// The hour that comes twice when the clock is put back is two halves.
		named := make(map[int]int)
		for _, hour := range d.Hours {
			named[hour.Start.Hour()]++
		}
		second := make(map[int]bool)
		for _, hour := range d.Hours {
			name := hour.Start.Hour()
			share := width / float64(named[name])
			left := heatLeft + float64(name)*width
			if second[name] {
				left += share
			}
			second[name] = true
			if hour.Calls > 0 {
				h.Cells = append(h.Cells, cell{
					left + 0.5, top + 0.5, share - 1, heatRow - 1, shade(hour.Calls, most),
					fmt.Sprintf("%s: %s, %s counted", r.moment(hour.Start), plural(hour.Calls, "call"), number(hour.Counted)),
				})
			}
		}
	}
	h.Height = heatTop + float64(len(days))*heatRow + 4
	return h
}

// shade goes by the logarithm: an evening of thousands must not make a day of
// dozens disappear.
func shade(n, most int) int {
	if most == 1 {
		return heatShade
	}
	return 1 + int(math.Round(float64(heatShade-1)*math.Log(float64(n))/math.Log(float64(most))))
}

// axisTop is a round number at or above n: one of these digits and zeros.
func axisTop(n int) int {
	for scale := 1; ; scale *= 10 {
		for _, digit := range []int{1, 2, 3, 4, 5, 6, 8} {
			if top := digit * scale; top >= n {
				return top
			}
		}
	}
}

func yTicks(top int, y func(int) float64) (ticks []tick) {
	parts := 4
	for parts > 1 && top%parts != 0 {
		parts--
	}
	for i := 0; i <= parts; i++ {
		n := top * i / parts
		ticks = append(ticks, tick{At: y(n), Label: number(n)})
	}
	return ticks
}

// timeTicks are some midnights, or hours where there is no day between.
func timeTicks(from, to time.Time, x func(time.Time) float64) (ticks []tick) {
	if to.Sub(from) < 48*time.Hour {
		for at := from.Truncate(time.Hour).Add(time.Hour); at.Before(to); at = at.Add(time.Hour) {
			if local := at.In(to.Location()); local.Hour()%6 == 0 {
				ticks = append(ticks, tick{At: x(at), Label: local.Format("01-02 15:04")})
			}
		}
		return ticks
	}
	days := int(to.Sub(from).Hours()/24) + 1
	every := max(1, int(math.Ceil(float64(days)/8)))
	for i, day := 0, nextDay(from.In(to.Location())); day.Before(to); i, day = i+1, nextDay(day) {
		if i%every == 0 {
			ticks = append(ticks, tick{At: x(day), Label: day.Format("01-02")})
		}
	}
	return ticks
}
