package report

import (
	"cmp"
	"slices"
	"time"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// tally counts what goes by.
type tally struct {
	cfg      Config
	since    int64 // unix milliseconds
	clock    clock
	calls    int // of the span, as what follows
	statuses map[petition.Status]int
	known    int // counted, with a known caller
	withheld int // counted, the caller hid it
	unknown  int // counted, without one otherwise
	open     int
	hours    map[int64]*part // of the span, by the hour's beginning in unix seconds
	lines    map[lineKey]*Totals
	endings  map[petition.Ending]int
	refused  map[petition.Way]int
	fallback int
	peak     peak

	whole int           // counted, of all calls
	daily map[int64]int // that, by the hour's beginning
	marks map[int]int64 // when so many were reached, in unix milliseconds
}

type lineKey struct{ line, language string }

// part is what is counted of an hour.
type part struct {
	Totals
	refused, fallback int
}

func newTally(cfg Config) *tally {
	t := &tally{
		cfg:      cfg,
		statuses: make(map[petition.Status]int),
		clock:    clock{zone: cfg.Zone},
		hours:    make(map[int64]*part),
		lines:    make(map[lineKey]*Totals),
		endings:  make(map[petition.Ending]int),
		refused:  make(map[petition.Way]int),
		daily:    make(map[int64]int),
		marks:    make(map[int]int64),
	}
	if !cfg.Since.IsZero() {
		t.since = cfg.Since.UnixMilli()
	}
	end := cfg.Now
	if !cfg.Until.IsZero() && cfg.Until.Before(end) {
		end = cfg.Until
	}
	t.peak = peak{since: t.since, now: end.UnixMilli(), longest: cfg.MaxCall.Milliseconds()}
	for _, n := range append([]int{1, cfg.Goal}, cfg.Milestones...) {
		t.marks[n] = 0
	}
	return t
}

// call takes the next call, in the order of their start.
func (t *tally) call(c *sqlite.CallFacts) error {
	hour := t.clock.hour(c.StartedAt).Unix()
	counted := c.Status == petition.StatusCounted
	if counted {
		t.whole++
		t.daily[hour]++
		if _, marked := t.marks[t.whole]; marked {
			t.marks[t.whole] = c.StartedAt
		}
	}
	if t.cfg.Line != "" && c.Line != t.cfg.Line {
		return nil
	}
	if c.Ending.Result != petition.ResultRefused {
		t.peak.add(c.StartedAt, c.EndedAt)
	}
	if c.StartedAt < t.since {
		return nil
	}
	of := [...]*Totals{&t.hour(hour).Totals, t.line(lineKey{c.Line, c.Language})}
	for _, totals := range of {
		totals.Calls++
		if c.Status != "" {
			totals.Messages++
		}
		if counted {
			totals.Counted++
		}
	}
	t.calls++
	if c.Ending.Result == "" {
		t.open++
	} else {
		t.endings[c.Ending]++
	}
	if c.Status == "" {
		return nil
	}
	t.statuses[c.Status]++
	if counted && c.Known {
		t.known++
	}
	switch {
	case !counted:
	case c.Class == petition.ClassWithheld:
		t.withheld++
	case !c.Known:
		t.unknown++
	}
	return nil
}

// aside takes a channel that the dialplan refused or answered by itself.
func (t *tally) aside(at time.Time, answered bool, way petition.Way) error {
	switch {
	case way == petition.WayServed:
	case way == petition.WayFallback:
		if answered {
			t.fallback++
			t.hour(t.clock.hour(at.UnixMilli()).Unix()).fallback++
		}
	case !answered:
		t.refused[way]++
		t.hour(t.clock.hour(at.UnixMilli()).Unix()).refused++
	}
	return nil
}

func (t *tally) hour(start int64) *part {
	h, ok := t.hours[start]
	if !ok {
		h = &part{}
		t.hours[start] = h
	}
	return h
}

func (t *tally) line(key lineKey) *Totals {
	l, ok := t.lines[key]
	if !ok {
		l = &Totals{}
		t.lines[key] = l
	}
	return l
}

// figure is what was counted, with the different telephone lines still to come.
func (t *tally) figure() petition.Figure {
	f := petition.Figure{Calls: t.calls, Withheld: t.withheld, Unknown: t.unknown}
	for status, n := range t.statuses {
		f.Messages += n
		if part := f.Of(status); part != nil {
			*part = n
		}
	}
	return f
}

// reached is when so many were counted, nil if they were not.
func (t *tally) reached(n int) *time.Time {
	ms := t.marks[n]
	if ms == 0 {
		return nil
	}
	at := time.UnixMilli(ms).UTC()
	return &at
}

func (t *tally) byLine() []LineCount {
	all := []LineCount{}
	for key, totals := range t.lines {
		all = append(all, LineCount{key.line, key.language, *totals})
	}
	slices.SortFunc(all, func(a, b LineCount) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Language, b.Language))
	})
	return all
}

func (t *tally) byEnding() []EndingCount {
	all := []EndingCount{}
	for ending, n := range t.endings {
		all = append(all, EndingCount{ending.Result, ending.Reason, n})
	}
	slices.SortFunc(all, func(a, b EndingCount) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Result, b.Result), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}
