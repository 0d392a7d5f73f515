package report

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// number writes an integer with commas between its thousands, as English does.
func number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// figure writes a number as it came, with commas between thousands.
func figure(text string) string {
	whole, fraction := text, ""
	for i, r := range text {
		if r == '.' {
			whole, fraction = text[:i], text[i:]
		}
	}
	n, err := strconv.Atoi(whole)
	if err != nil || whole == "-0" {
		return text
	}
	return number(n) + fraction
}

// percent writes a share of a hundred, rounded down, so that nothing is whole
// before it is.
func percent(share float64) string {
	return number(int(math.Floor(share*100+roundOff))) + "%"
}

// times writes how many times one number is another, rounded down: whole from
// ten on, else with one decimal.
func times(ratio float64) string {
	if math.Abs(ratio) >= 10 {
		return number(int(math.Floor(ratio+roundOff))) + " times"
	}
	return fmt.Sprintf("%.1f times", math.Floor(ratio*10+roundOff)/10)
}

// roundOff keeps what is whole, and a hair below it to the machine, whole.
const roundOff = 1e-9

// plural writes a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// moment writes a time of the zone to the minute, with the offset where a clock
// that was put back would make it ambiguous.
func (r *Report) moment(t time.Time) string {
	t = t.In(r.zone())
	text := t.Format("2006-01-02 15:04")
	_, offset := t.Zone()
	for _, away := range []time.Duration{-time.Hour, time.Hour} {
		other := t.Add(away)
		if _, o := other.Zone(); o != offset && other.Format("15") == t.Format("15") {
			return text + t.Format(" -07:00")
		}
	}
	return text
}

func (r *Report) zone() *time.Location {
	zone, err := time.LoadLocation(r.Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}
