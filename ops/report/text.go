package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Terminal is what a report is told on.
type Terminal struct {
	Width int  // columns
	ASCII bool // it cannot show anything else
}

// The least and most columns that a report uses.
const (
	narrowest = 40
	widest    = 160
)

// Text writes the report with bars of characters.
func (r *Report) Text(out io.Writer, t Terminal) error {
	p := &page{Report: r, width: min(max(t.Width, narrowest), widest)}
	p.head()
	p.progress()
	p.signatures()
	p.daysAndHours()
	p.lines()
	p.endings()
	p.refused()
	p.sideFigures()
	all := p.Bytes()
	if t.ASCII {
		all = []byte(ascii(string(all)))
	}
	_, err := out.Write(all)
	return err
}

// page is a report on its way to a terminal.
type page struct {
	*Report
	bytes.Buffer
	width int
}

// line writes a text after what it begins with, broken where it is too long; what
// follows is indented by the width of the beginning.
func (p *page) line(begin, format string, args ...any) {
	hang := text.StringWidth(begin)
	for i, part := range wrap(fmt.Sprintf(format, args...), max(p.width-hang, narrowest/2)) {
		if i > 0 {
			begin = strings.Repeat(" ", hang)
		}
		p.WriteString(begin + part + "\n")
	}
}

func (p *page) title(title string) {
	p.WriteString("\n" + strings.ToUpper(title) + "\n")
}

func (p *page) head() {
	p.line("", "Report as of %s, %s", p.moment(p.AsOf), p.Timezone)
	if about := p.about(); about != "" {
		p.line("", "%s", about)
	}
}

// about says which part of the calls a report is about, "" for all.
func (r *Report) about() string {
	var parts []string
	if r.Line != "" {
		parts = append(parts, "on line "+r.Line)
	}
	if r.Since != nil {
		parts = append(parts, "from "+r.moment(*r.Since)+" on")
	}
	if r.Narrowed && !r.AsOf.Equal(r.MadeAt) {
		parts = append(parts, "before "+r.moment(r.AsOf))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Of the calls " + strings.Join(parts, ", ") + "; progress is that of all calls up to then."
}

func (p *page) progress() {
	p.title("Progress")
	g := p.Progress
	p.line("", "%s", p.headline())
	p.WriteString(goalBar(g.Counted, g.Goal, p.width) + "\n")
	for _, line := range p.milestones() {
		p.line("  ", "%s", line)
	}
	for _, line := range p.projection() {
		p.line("  ", "%s", line)
	}
}

func (p *page) signatures() {
	p.title("Signatures")
	for _, s := range p.Statuses {
		note := ""
		if s.Status == "counted" {
			note = fmt.Sprintf(": from %s; %s withheld, %s unknown", plural(p.Lines, "different line"), plural(p.Withheld, "number"), number(p.Unknown))
		}
		p.line(amount(s.Signatures), "%s%s", statusName(s.Status), note)
	}
	p.line(amount(p.Countable), "legally countable: %s", p.Legal)
	if fixed := p.fixed(); fixed != "" {
		p.line("", "%s", fixed)
	}
}

func amount(n int) string { return fmt.Sprintf("%9s  ", number(n)) }

func (p *page) lines() {
	if len(p.ByLine) == 0 {
		return
	}
	p.title("Lines and languages")
	rows := [][]string{{"line", "language", "calls", "messages", "counted"}}
	for _, l := range p.ByLine {
		rows = append(rows, []string{lineName(l.Line), languageName(l.Language), number(l.Calls), number(l.Messages), number(l.Counted)})
	}
	p.table(rows, 2)
}

func (p *page) endings() {
	if len(p.Endings)+p.Open == 0 {
		return
	}
	p.title("How calls ended")
	rows := [][]string{{"ending", "calls"}}
	for _, e := range p.Endings {
		rows = append(rows, []string{endingName(e), number(e.Calls)})
	}
	if p.Open > 0 {
		rows = append(rows, []string{"still going on, or left open", number(p.Open)})
	}
	p.table(rows, 1)
}

func (p *page) refused() {
	p.title("Refused, and answered while glennline was away")
	for _, line := range p.witnessed() {
		p.line("  ", "%s", line)
	}
}

func (p *page) sideFigures() {
	if len(p.KPIs) == 0 {
		return
	}
	p.title("Side figures")
	p.line("", "%s", legend)
	for _, k := range p.KPIs {
		p.WriteString("\n")
		p.line("  ", "%s: %s", k.Name, k.told())
		for _, line := range k.compared() {
			p.line("    ", "%s", line)
		}
		p.line("    ", "source: %s", k.Source)
		for _, before := range slices.Backward(k.Before) {
			p.line("    ", "before: %s; source: %s", before.told(), before.Source)
		}
	}
}
