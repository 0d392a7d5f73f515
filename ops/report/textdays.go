package report

import "time"

func (p *page) daysAndHours() {
	p.title("Days")
	p.line("", "%s", p.overview())
	if len(p.Days) == 0 {
		return
	}
	days := p.Days
	if left := len(days) - mostRows; left > 0 {
		p.line("", "The last %d days; the JSON and the page have all %d.", mostRows, len(days))
		days = days[left:]
	}
	var rows []row
	empty := 0
	for i, d := range days {
		if i > 0 {
			empty += daysBetween(days[i-1].Date, d.Date)
		}
		if d.empty() {
			empty++
			if i+1 < len(days) {
				continue
			}
		}
		rows = append(rows, emptyDays(d.Date, empty, d.empty())...)
		empty = 0
		if !d.empty() {
			rows = append(rows, row{name: dayName(d.Date), Totals: d.Totals, refused: d.Refused, fallback: d.Fallback})
		}
	}
	p.bars(rows)
	busiest := p.busiest()
	if busiest == nil {
		return
	}
	p.title("Hours of " + dayName(busiest.Date) + ", the day with the most calls")
	rows = rows[:0]
	for _, h := range busy(busiest.Hours) {
		rows = append(rows, row{name: p.hourName(h.Start), Totals: h.Totals, refused: h.Refused, fallback: h.Fallback})
	}
	p.bars(rows)
}

// fewRows is how many days without anything are told one by one.
const fewRows = 3

// emptyDays are the rows of n days without anything, the last of which is the day
// before date, or with itself that day.
func emptyDays(date string, n int, itself bool) (rows []row) {
	if n > fewRows {
		return []row{{name: number(n) + " empty days", gap: true}}
	}
	last, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil
	}
	if !itself {
		last = last.AddDate(0, 0, -1)
	}
	for back := n - 1; back >= 0; back-- {
		rows = append(rows, row{name: dayName(last.AddDate(0, 0, -back).Format(time.DateOnly)), refused: new(int), fallback: new(int)})
	}
	return rows
}

// empty is whether a day has nothing to tell.
func (d Day) empty() bool { return d.Calls+zero(d.Refused)+zero(d.Fallback) == 0 }

// mostRows is how many days fit into a page that somebody reads.
const mostRows = 31

// dayName writes a day with its weekday.
func dayName(date string) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return day.Format("Mon 2006-01-02")
}

// daysBetween is how many days lie between two, without them: days without a call
// that are not told one by one.
func daysBetween(a, b string) int {
	from, err := time.Parse(time.DateOnly, a)
	if err != nil {
		return 0
	}
	to, err := time.Parse(time.DateOnly, b)
	if err != nil {
		return 0
	}
	return int(to.Sub(from).Hours()/24) - 1
}

// hourName writes an hour; of one that comes twice in its night, with its offset.
func (r *Report) hourName(start time.Time) string {
	text := r.moment(start)
	return text[len("2006-01-02 "):]
}

// busy are a day's hours from the first to the last with anything in it.
func busy(hours []Hour) []Hour {
	quiet := func(h Hour) bool { return h.Calls+zero(h.Refused)+zero(h.Fallback) == 0 }
	for len(hours) > 0 && quiet(hours[0]) {
		hours = hours[1:]
	}
	for len(hours) > 0 && quiet(hours[len(hours)-1]) {
		hours = hours[:len(hours)-1]
	}
	return hours
}

// busiest is the day with the most calls, nil without a call.
func (r *Report) busiest() *Day {
	var most *Day
	for i := range r.Days {
		if d := &r.Days[i]; d.Calls > 0 && (most == nil || d.Calls > most.Calls) {
			most = d
		}
	}
	return most
}
