package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// print is the table for people.
func (r *report) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s\n", r.Machine)
	fmt.Fprintf(out, "%.1f s of prompts, calls placed for %.0f s a run or until the first ones are over, %d pairs; median (least - most)\n",
		r.PromptSeconds, r.PlaceSeconds, r.Pairs)
	if r.BrokenOff != "" {
		fmt.Fprintf(out, "broken off, this is what there is: %s\n", r.BrokenOff)
	}
	fmt.Fprintf(out, "idle: Asterisk %.1f, glennline %.1f ms of CPU a second, not taken off; all else %.2f cores\n\n", r.Idle.Asterisk, r.Idle.Glennline, r.Idle.Load)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, s := range r.Summary {
		fmt.Fprintf(w, "%d calls/s of %.0f s\tdialplan alone\tAsterisk's voicemail\tglennline\tto dialplan\tto voicemail\n", s.Rate, s.Length)
		for _, l := range tableLines {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", l.name, l.text(s.Dialplan), l.text(s.Voicemail), l.text(s.Glennline), l.ratio(s), l.beside(s))
		}
		fmt.Fprintln(w, "\t\t\t\t\t")
	}
	aims := r.aims()
	if len(aims) == 0 {
		fmt.Fprintln(w, noAims)
	} else {
		fmt.Fprintln(w, "aim, by the medians\tat most\tworst\tat\t")
	}
	for _, a := range aims {
		fmt.Fprintf(w, "  %s\t%v\t%s\t%s\t%s\n", a.what, a.most, a.worst(), a.where, a.met())
	}
	fmt.Fprintln(w, "\t\t\t\t")
	for i, row := range r.splitRows() { // of runs apart
		if i > 0 {
			row[0] = "  " + row[0]
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// tableLine is a figure of each contestant, and what is compared of it.
type tableLine struct {
	name        string
	text        func(figures) string
	toDialplan  func(summary) spread
	toVoicemail func(summary) spread
}

func (l tableLine) ratio(s summary) string  { return ratioText(l.toDialplan, s) }
func (l tableLine) beside(s summary) string { return ratioText(l.toVoicemail, s) }

func ratioText(of func(summary) spread, s summary) string {
	if of == nil || of(s) == (spread{}) {
		return ""
	}
	return of(s).text("%.3f")
}

// in writes a spread, or nothing where there is none.
func in(format string, of func(figures) spread) func(figures) string {
	return func(f figures) string {
		if f.Calls == 0 {
			return ""
		}
		return of(f).text(format)
	}
}

var tableLines = []tableLine{
	{name: "Asterisk, ms of CPU a call", text: in("%.2f", func(f figures) spread { return f.Asterisk }), toDialplan: func(s summary) spread { return s.Asterisk }},
	{name: "glennline, ms of CPU a call", text: in("%.2f", func(f figures) spread { return f.Glennline })},
	{
		name: "together", text: in("%.2f", func(f figures) spread { return f.Total }),
		toDialplan: func(s summary) spread { return s.Total }, toVoicemail: func(s summary) spread { return s.ToVoicemail },
	},
	{name: "INVITE to 200, median ms", text: in("%.1f", func(f figures) spread { return f.InviteP50 })},
	{name: "INVITE to 200, 99th percentile ms", text: in("%.1f", func(f figures) spread { return f.InviteP99 }), toDialplan: func(s summary) spread { return s.P99 }},
	{name: "channel to answer, median ms", text: in("%.2f", func(f figures) spread { return f.AnswerP50 })},
	{name: "channel to answer, 99th percentile ms", text: in("%.2f", func(f figures) spread { return f.AnswerP99 }), toDialplan: func(s summary) spread { return s.AnswerP99 }},
	{name: "INVITE to 200 by the probes, ms", text: in("%.2f", func(f figures) spread { return f.ToAnswer })},
	{name: "answer to first prompt sample, ms", text: in("%.1f", func(f figures) spread { return f.ToPrompt })},
	{name: "last prompt sample to beep, ms", text: in("%.1f", func(f figures) spread { return f.ToBeep })},
	{name: "hang-up to commit, ms", text: func(f figures) string {
		if f.ToCommit == (spread{}) {
			return ""
		}
		return f.ToCommit.text("%.0f")
	}},
	{name: "probes, unheard; recordings with a gap, longest ms, of something else", text: func(f figures) string {
		if f.Calls == 0 {
			return ""
		}
		return fmt.Sprintf("%d, %d; %d, %.0f, %d", f.Probes, f.Unheard, f.Gaps.Recordings, f.Gaps.LongestMS, f.Gaps.Strangers)
	}},
	{name: "calls, lost, short, SIP retransmissions", text: func(f figures) string {
		if f.Calls == 0 {
			return ""
		}
		return fmt.Sprintf("%d, %d, %d, %d", f.Calls, f.Lost, f.Short, f.Retransmits)
	}},
	{name: "recordings, s", text: in("%.2f", func(f figures) spread { return f.Seconds })},
	{name: "SIPp, ms of CPU a call", text: in("%.2f", func(f figures) spread { return f.SIPp })},
	{name: "rest of the machine, cores", text: in("%.2f", func(f figures) spread { return f.Load })},
	{name: "busiest second, of all cores", text: in("%.0f%%", func(f figures) spread { return f.Busiest })},
}

func (s spread) text(format string) string {
	return fmt.Sprintf(format+" ("+format+" - "+format+")", s.Median, s.Min, s.Max)
}
