package export

import "time"

// clock writes times as RFC 3339 to the millisecond, which is what the ledger
// keeps. Calls come many to a second, whose form is made once.
type clock struct {
	second         int64
	offset         int
	prefix, suffix string
}

func (c *clock) append(to []byte, at time.Time) []byte {
	second := at.Unix()
	_, offset := at.Zone()
	if c.prefix == "" || second != c.second || offset != c.offset {
		c.second, c.offset = second, offset
		c.prefix, c.suffix = at.Format("2006-01-02T15:04:05."), at.Format("Z07:00")
	}
	ms := at.Nanosecond() / int(time.Millisecond)
	to = append(to, c.prefix...)
	to = append(to, byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	return append(to, c.suffix...)
}
