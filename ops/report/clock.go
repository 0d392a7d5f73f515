package report

import "time"

// clock parts time into the hours and days of a zone. Calls come in the order of
// time, so that the hour of one is mostly that of the one before.
type clock struct {
	zone     *time.Location
	from, to int64 // unix milliseconds of the hour that was asked for last
	last     time.Time
}

// hour is the beginning of the hour that a moment lies in. In a night in which
// the clock is put back, the hour that comes twice is two hours.
func (c *clock) hour(ms int64) time.Time {
	if ms < c.from || ms >= c.to {
		at := time.UnixMilli(ms).In(c.zone)
		c.last = at.Add(-(time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())))
		c.from = c.last.UnixMilli()
		c.to = c.from + time.Hour.Milliseconds()
		// A zone may change in the middle of an hour; then each moment is asked.
		if _, offset := at.Zone(); offset != offsetAt(c.last) || offset != offsetAt(c.last.Add(time.Hour-time.Millisecond)) {
			c.from, c.to = ms, ms+1
		}
	}
	return c.last
}

func offsetAt(t time.Time) int {
	_, offset := t.Zone()
	return offset
}

// midnight is the beginning of the day that a moment lies in, in the moment's
// own zone. Where clocks are put forward at midnight, the day begins later.
func midnight(t time.Time) time.Time {
	begin := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	for begin.Day() != t.Day() {
		begin = begin.Add(30 * time.Minute)
	}
	return begin
}

func nextDay(t time.Time) time.Time {
	return midnight(time.Date(t.Year(), t.Month(), t.Day()+1, 12, 0, 0, 0, t.Location()))
}

// hoursOf are the beginnings of the hours of a day.
func hoursOf(day time.Time) (hours []time.Time) {
	c := clock{zone: day.Location()}
	end := nextDay(day)
	for at := day; at.Before(end); {
		h := c.hour(at.UnixMilli())
		if len(hours) == 0 || !h.Equal(hours[len(hours)-1]) {
			hours = append(hours, h)
		}
		at = at.Add(15 * time.Minute) // zones change by quarters of an hour
	}
	return hours
}
