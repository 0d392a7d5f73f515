package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"glennline/petition"
)

// What the report says in words, the same on a terminal and on a page.

const legend = "Given and quoted: as the source has it; what is quoted is never computed with. Computed: by glennline, from the two numbers beside it, rounded down."

// headline is the progress in one sentence.
func (r *Report) headline() string {
	g := r.Progress
	text := fmt.Sprintf("%s of %s counted: %s of the goal", number(g.Counted), number(g.Goal), number(g.Percent)+"%")
	if g.ReachedAt != nil {
		return text + ", reached on " + r.moment(*g.ReachedAt)
	}
	return text + ", " + number(g.Missing) + " to go"
}

// fixed says what was told of the report's moment, "" if nothing was.
func (r *Report) fixed() string {
	f := r.Frozen
	if f == nil {
		return ""
	}
	text := fmt.Sprintf("Fixed for this moment by audit entry %d: %s.", f.Entry, number(f.Counted))
	if f.Correction != 0 {
		text += fmt.Sprintf(" Corrected since: %+d.", f.Correction)
	}
	return text
}

func (r *Report) milestones() (lines []string) {
	for _, m := range r.Progress.Milestones {
		line := "Milestone " + number(m.Signatures) + ": "
		if m.ReachedAt != nil {
			line += "reached on " + r.moment(*m.ReachedAt)
		} else {
			line += number(m.Signatures-r.Progress.Counted) + " to go"
		}
		lines = append(lines, line)
	}
	if d := r.Progress.Deadline; d != nil {
		lines = append(lines, "Deadline: "+r.deadline(*d))
	}
	return lines
}

// deadline writes the last day, or the moment if it is not the end of one.
func (r *Report) deadline(at time.Time) string {
	local := at.In(r.zone())
	text := r.moment(at)
	if local.Equal(midnight(local)) {
		text = "the end of " + local.Add(-time.Second).Format(time.DateOnly)
	}
	left := at.Sub(r.AsOf)
	switch {
	case left <= 0:
		return text + ", which is over"
	case left < 48*time.Hour:
		return text + ", " + plural(int(left.Hours()), "hour") + " left"
	}
	return text + ", " + plural(int(left.Hours()/24), "day") + " left"
}

// projection says what it comes to and how it is made.
func (r *Report) projection() []string {
	j := r.Progress.Projection
	if j.Method == methodNone {
		return []string{"No projection: " + j.WhyNone + "."}
	}
	result := fmt.Sprintf("Projection: at the mean of %s a day ", perDay(j.PerDay))
	if j.GoalOn == "" {
		result += "the goal is not reached within a year"
	} else {
		result += "the goal is reached on " + j.GoalOn
	}
	if at := j.AtDeadline; at != nil {
		result += fmt.Sprintf("; by the deadline there would be about %s (about %s if every day were like the slowest, about %s like the fastest)",
			about(at.Mean), about(at.Least), about(at.Most))
	}
	lines := []string{
		result + ".",
		fmt.Sprintf("How it is made: the mean of the last %d whole days, %s to %s, in which %s counted (%s to %s a day). It assumes that %s. It is arithmetic on past days and no promise.",
			j.Days, j.From, j.To, number(j.Counted)+were(j.Counted), number(j.Least), number(j.Most), j.Assumption),
	}
	if j.Caution != "" {
		lines = append(lines, "Caution: "+j.Caution+".")
	}
	return lines
}

func perDay(mean float64) string {
	if mean >= 10 {
		return number(int(math.Round(mean)))
	}
	return fmt.Sprintf("%.1f", mean)
}

// about rounds to two digits: more would claim to know more.
func about(n int) string {
	scale := 1
	for n/scale >= 100 {
		scale *= 10
	}
	return number((n + scale/2) / scale * scale)
}

// overview is what the days come to.
func (r *Report) overview() string {
	if r.Calls == 0 {
		return "No call."
	}
	text := fmt.Sprintf("%s, %s with the blank ones, %s counted.", plural(r.Calls, "call"), plural(r.Messages, "message"), number(r.Counted))
	if r.Peak != nil {
		text += fmt.Sprintf(" At most %s at once, on %s.", plural(r.Peak.Calls, "call"), r.moment(r.Peak.At))
	}
	return text
}

// witnessed is what Asterisk's own log says.
func (r *Report) witnessed() []string {
	w := r.Witness
	if w == nil {
		return []string{"Not known: there is no event log of Asterisk's."}
	}
	first := plural(w.Total, "call") + " refused before the answer"
	var why []string
	for _, way := range w.Refused {
		why = append(why, number(way.Calls)+" "+wayName(way.Why))
	}
	if len(why) > 0 {
		first += ": " + strings.Join(why, ", ")
	}
	lines := []string{
		first + ".",
		plural(w.Fallback, "call") + " answered by the dialplan while glennline was away.",
	}
	source := "From Asterisk's own event log, since " + r.moment(w.Since)
	if r.Line != "" {
		source += ", for all lines: the log knows none"
	}
	if w.Last != nil {
		source += "; its last call came on " + r.moment(*w.Last)
	}
	lines = append(lines, source+".")
	if w.Purged != nil {
		lines = append(lines, fmt.Sprintf("Not among them: %s refused, and %s answered by the dialplan, before %s, whose records were removed when their time was over.",
			plural(w.Purged.Refused, "call"), number(w.Purged.Fallback), r.moment(w.Purged.Before)))
	}
	if slices.ContainsFunc(r.Days, func(d Day) bool { return d.Refused == nil }) {
		lines = append(lines, "Days and hours with "+notKnown+" for them: not known, the log does not reach there.")
	}
	if n := r.turnedAway(); n > 0 {
		lines = append(lines, fmt.Sprintf("Beside them glennline itself refused %s to a number that no line has, which the calls above include.", plural(n, "call")))
	}
	return lines
}

// turnedAway is how many of the calls glennline refused, which Asterisk's log tells
// from no other call.
func (r *Report) turnedAway() (n int) {
	for _, e := range r.Endings {
		if e.Result == petition.ResultRefused && e.Reason == petition.ReasonUnknownNumber {
			n += e.Calls
		}
	}
	return n
}

func wayName(way petition.Way) string {
	switch way {
	case petition.WayFullCalls:
		return "with as many calls as may be at once"
	case petition.WayFullDisk:
		return "with too little room on the disk"
	case petition.WayFullCaller:
		return "with as many calls from one number as may be at once"
	case petition.WayClosed:
		return "while Asterisk was ending"
	case petition.WayUnknownNumber:
		return "to a number that no line has"
	case petition.WayServed, petition.WayFallback:
	}
	return string(way)
}

// told is a side figure's value, its day, and whether it is quoted.
func (f SideFigure) told() string {
	if f.Value.Quoted {
		return f.Value.Text + " (quoted, not computed; " + f.At + ")"
	}
	return figure(f.Value.Text) + " (given; " + f.At + ")"
}

// compared are the sentences on goal and baseline.
func (f SideFigure) compared() (lines []string) {
	if f.Goal != nil {
		lines = append(lines, "goal "+f.against(*f.Goal, f.OfGoal, " of the goal"))
	}
	if f.Baseline != nil {
		lines = append(lines, "baseline "+f.against(*f.Baseline, f.Times, " the baseline"))
	}
	return lines
}

func (f SideFigure) against(other Quantity, c *Computed, of string) string {
	text := other.Text
	if !other.Quoted {
		text = figure(other.Text)
	}
	switch {
	case c != nil:
		return text + ": " + c.Text + of + " (computed)"
	case f.Value.Quoted || other.Quoted:
		return text + " (not compared: only numbers are)"
	}
	return text + " (not compared: it is not above 0)"
}

func statusName(status string) string {
	switch status {
	case string(petition.StatusDuplicate):
		return "duplicates"
	case string(petition.StatusReview):
		return "to review"
	case SetAside:
		return "taken out by a person"
	}
	return status
}

func lineName(line string) string {
	if line == "" {
		return "(no line)"
	}
	return line
}

func languageName(language string) string {
	if language == "" {
		return "(nothing played)"
	}
	return language
}
