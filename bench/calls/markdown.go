package main

import (
	"fmt"
	"slices"
	"strings"

	"glennline/bench/page"
)

// sections are the tables of the documentation.
func (r *report) sections() []page.Section {
	return []page.Section{
		{Name: "machine", Text: r.machineText},
		{Name: "cost", Text: r.costTable},
		{Name: "times", Text: r.timesTable},
		{Name: "split", Text: r.splitTable},
		{Name: "aims", Text: r.aimsTable},
		{Name: "formula", Text: r.formulaText},
		{Name: "capacity", Text: r.capacityTable},
	}
}

// tables are all of them, for the screen.
func (r *report) tables() string {
	var b strings.Builder
	for _, s := range r.sections() {
		fmt.Fprintf(&b, "%s\n\n", s.Text())
	}
	return b.String()
}

func (r *report) machineText() string {
	var all []float64
	for _, s := range r.Samples {
		all = append(all, s.Load)
	}
	rest := spreadOf(all)
	note := ""
	if r.Note != "" {
		note = "\n" + r.Note
	}
	return fmt.Sprintf("Measured on %s, %d pairs of runs, on %s.\nAll else on the machine took %s cores, the bench itself and the kernel's threads among it.%s",
		r.Began.UTC().Format("2006-01-02 15:04 MST"), r.Pairs, strings.ReplaceAll(r.Machine.String(), "\n", ";\n"), rest.text("%.2f"), note)
}

// short is a median with what lies around it.
func (s spread) short(format string) string {
	if s == (spread{}) {
		return ""
	}
	return s.text(format)
}

func (s summary) load() string { return loadText(s.Rate, s.Length) }

func loadText(rate int, seconds float64) string { return fmt.Sprintf("%d/s of %.0f s", rate, seconds) }

func (s summary) each() []struct {
	name string
	figures
} {
	all := []struct {
		name string
		figures
	}{{"dialplan alone", s.Dialplan}, {"Asterisk's voicemail", s.Voicemail}, {"glennline", s.Glennline}}
	if s.Alone {
		return all[2:]
	}
	return all
}

func (r *report) costTable() string {
	rows := [][]string{{"calls", "answered by", "Asterisk, ms", "glennline, ms", "to the dialplan", "to the voicemail", "busiest second"}}
	for _, s := range r.Summary {
		for _, who := range s.each() {
			row := []string{s.load(), who.name, who.Asterisk.short("%.1f"), "", "", "", who.Busiest.short("%.0f%%")}
			if who.name == "glennline" {
				row[3], row[4], row[5] = who.Glennline.short("%.2f"), s.Total.short("%.2f"), s.ToVoicemail.short("%.2f")
			}
			rows = append(rows, row)
		}
	}
	return page.Table(rows)
}

func (r *report) timesTable() string {
	rows := [][]string{{
		"calls", "answered by", "INVITE to 200, 99th percentile", "channel to answer, median", "99th percentile",
		"answer to prompt", "prompt to beep", "hang-up to commit", "lost", "short", "with a gap, longest",
	}}
	for _, s := range r.Summary {
		for _, who := range s.each() {
			rows = append(rows, []string{
				s.load(), who.name, in("%.0f", func(f figures) spread { return f.InviteP99 })(who.figures), who.AnswerP50.short("%.2f"), who.AnswerP99.short("%.1f"),
				who.ToPrompt.short("%.1f"), who.ToBeep.short("%.1f"), who.ToCommit.short("%.0f"),
				fmt.Sprintf("%d of %d", who.Lost, who.Calls), fmt.Sprint(who.Short),
				fmt.Sprintf("%d, %.0f", who.Gaps.Recordings, who.Gaps.LongestMS),
			})
		}
	}
	return page.Table(rows)
}

// splitRows are glennline's parts, a load in each column; the first row is the head.
// There are none where no run was profiled.
func (r *report) splitRows() [][]string {
	profiles := r.profiles()
	if len(profiles) == 0 {
		return nil
	}
	row := func(name string, of func(profile) string) []string {
		cells := []string{name}
		for _, p := range profiles {
			cells = append(cells, of(p))
		}
		return cells
	}
	rows := [][]string{row("ms of glennline's CPU a call, and share", profile.load)}
	for _, part := range profiles[0].Parts { // all have the same
		rows = append(rows, row(part.Name, func(p profile) string {
			ms, share := p.share(part.Name)
			return fmt.Sprintf("%.2f, %.0f%%", ms, 100*share)
		}))
	}
	return append(rows,
		row("profiled", func(p profile) string { return fmt.Sprintf("%.2f", p.Samples) }),
		row("by the kernel's clock", func(p profile) string { return fmt.Sprintf("%.2f", p.Process) }),
		row("samples; shares are known to within", func(p profile) string {
			return fmt.Sprintf("%.0f; %.0f points", p.samples(), 100*p.uncertain())
		}))
}

// unprofiled names the loads that are not in it.
func (r *report) unprofiled() string {
	var missing []string
	for _, s := range r.Summary {
		if !slices.ContainsFunc(r.profiles(), func(p profile) bool { return p.load() == s.load() }) {
			missing = append(missing, s.load())
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "No run was profiled at " + strings.Join(missing, ", ") + "."
}

func (r *report) splitTable() string {
	rows, missing := r.splitRows(), r.unprofiled()
	switch {
	case len(rows) == 0:
		return "No run was profiled."
	case missing == "":
		return page.Table(rows)
	}
	return page.Table(rows) + "\n\n" + missing
}

func total(f figures) spread { return f.Total }

func (r *report) formulaText() string {
	f := fitOf(r.Summary, total)
	if f.Error < 0 {
		return "All calls were of one length: there is no formula."
	}
	rows := [][]string{{"calls", "measured, ms", "by the formula, ms", "difference"}}
	for _, s := range r.Summary {
		if got := s.Glennline.Total; got.Median > 0 {
			rows = append(rows, []string{
				s.load(), got.text("%.1f"), fmt.Sprintf("%.1f", f.at(s.Length)), fmt.Sprintf("%+.0f%%", 100*(f.at(s.Length)-got.Median)/got.Median),
			})
		}
	}
	return fmt.Sprintf("```\ncores = calls a second × (%.1f + %.2f × seconds of a call) / 1000\n```\n\n"+
		"It misses the medians by %.0f%% at most%s.\nSingle runs lay from %.0f%% below it to %.0f%% above. %s\n\n%s",
		f.PerCall, f.PerSecond, 100*f.Error, f.tested(), 100*f.Below, 100*f.Above, f.continuation(), page.Table(rows))
}

// tested says what the error of the line is one of.
func (f fit) tested() string {
	if len(f.Lengths) == 2 {
		return ", which says how the rates agree: through two lengths there is always a line"
	}
	var lengths []string
	for _, seconds := range f.Lengths {
		lengths = append(lengths, fmt.Sprintf("%.0f", seconds))
	}
	last := len(lengths) - 1
	return fmt.Sprintf(", as a line through calls of %s and %s s", strings.Join(lengths[:last], ", "), lengths[last])
}

// continuation says what is known of it beyond what was measured.
func (f fit) continuation() string {
	last := len(f.Lengths) - 1
	beyond := fmt.Sprintf("For calls of more than %.0f s it is a continuation of what was measured", f.Lengths[last])
	if last < 2 {
		return beyond + "."
	}
	return beyond + fmt.Sprintf(";\nhow far one may be trusted: continued from the calls of up to %.0f s alone, it would miss those of %.0f s by %+.0f%%.",
		f.Lengths[last-1], f.Lengths[last], 100*f.Continued)
}

func (r *report) capacityTable() string {
	f := fitOf(r.Summary, total)
	if f.Error < 0 {
		return "All calls were of one length: there is no table."
	}
	rows := [][]string{{"a call lasts", "ms of CPU a call", "calls a second and core", "at once and core", "calls an hour and core"}}
	for _, seconds := range []float64{10, 20, 30, 45, 60, 90} {
		rate, atOnce := f.perCore(seconds)
		rows = append(rows, []string{
			fmt.Sprintf("%.0f s", seconds), fmt.Sprintf("%.0f", f.at(seconds)), fmt.Sprintf("%.1f", rate),
			fmt.Sprintf("%.0f", atOnce), fmt.Sprintf("%.0f", 3600*rate),
		})
	}
	return page.Table(rows)
}
