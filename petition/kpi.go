package petition

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// KPI is a side figure that a campaign is steered by and that comes from
// elsewhere: impressions, engagements, calls to a help line, an answer in words.
// Of a name there is one for each day.
type KPI struct {
	Name      string
	Day       time.Time // that it stands for, at 00:00 UTC
	Value     Quantity
	Baseline  Quantity // what it was before, or usually is; may be none
	Goal      Quantity // what it was to be; may be none
	Source    string   // who says so, and where
	Actor     string   // login of who wrote it down
	ChangedAt time.Time
}

// KPIError says what is wrong with a side figure as somebody typed it, and what
// to write.
type KPIError struct{ Problem string }

func (e KPIError) Error() string { return e.Problem }

func unclear(format string, args ...any) error {
	return KPIError{fmt.Sprintf(format, args...)}
}

// NewKPI reads a side figure from what somebody typed. Value, day and source
// are needed, baseline and goal may be empty. Errors are KPIError.
func NewKPI(name, value, baseline, goal, day, source string) (KPI, error) {
	k := KPI{Name: plainSpaces(name), Source: plainSpaces(source)}
	if err := nameOf(k.Name); err != nil {
		return k, err
	}
	for _, part := range []struct {
		what, text string
		into       *Quantity
	}{{"value", value, &k.Value}, {"baseline", baseline, &k.Baseline}, {"goal", goal, &k.Goal}} {
		var err error
		if *part.into, err = ParseQuantity(part.text); err != nil {
			return k, unclear("%s %v", part.what, err)
		}
	}
	if k.Value.Kind == QuantityNone {
		return k, unclear("value missing: write a number, a percentage as it is quoted, or a text")
	}
	if k.Source == "" {
		return k, unclear("source missing: write who says so, and where")
	}
	if err := proseOf(k.Source); err != nil {
		return k, unclear("source %v", err)
	}
	var err error
	k.Day, err = KPIDay(day)
	return k, err
}

// KPIDay reads the day that a side figure stands for.
func KPIDay(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(text))
	if err != nil || day.Year() < 1900 {
		return time.Time{}, unclear("day %q: write it as 2026-11-22", text)
	}
	return day, nil
}

// By checks that the figure's day had begun, somewhere on earth, at a moment.
func (k KPI) By(now time.Time) error {
	if k.Day.After(now.Add(14 * time.Hour)) {
		return unclear("day %q is still to come", k.Day.Format(time.DateOnly))
	}
	return nil
}

const nameLength = 60 // characters

// nameOf refuses a name that a flag, a line of a table or the name of another
// figure could be taken for.
func nameOf(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case name == "":
		return unclear("name missing: write what is counted, such as impressions")
	case n > nameLength:
		return unclear("name of %d characters: write at most %d", n, nameLength)
	}
	for i, r := range name {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), i > 0 && unicode.IsMark(r), i > 0 && strings.ContainsRune(" -_.,:()/&'’", r):
		default:
			return unclear("name %q: write letters, digits and spaces, a letter or digit first", name)
		}
	}
	if strings.Contains(name, "  ") {
		return unclear("name %q has two spaces in a row: write one", name)
	}
	return nil
}
