package report

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/text/unicode/norm"
)

// The characters of bars, and what stands for each where there is only ASCII.
const (
	full  = "█" // counted
	light = "░" // calls that were not
	mark  = "┃" // the goal

	slivers = "▏▏▎▍▌▋▊▉" // of a column that is not whole, by eighths
)

// row is a bar with its numbers.
type row struct {
	name string
	Totals
	refused, fallback *int
	gap               bool // no numbers
}

// bars writes a bar a row: as long as its calls, and filled as far as they are
// counted. Where there is little room, some of the numbers make way for it.
func (p *page) bars(rows []row) {
	most, aside := 0, false
	for _, r := range rows {
		most = max(most, r.Calls)
		aside = aside || zero(r.refused)+zero(r.fallback) > 0
	}
	lines, room := p.numbers(rows, true, aside)
	if room < 16 {
		lines, room = p.numbers(rows, false, false)
	}
	for i, line := range lines {
		if i > 0 && rows[i-1].gap {
			line = rows[i-1].name
		}
		p.WriteString(line)
		if i > 0 && rows[i-1].Calls > 0 && room >= 6 {
			p.WriteString("  " + bar(rows[i-1].Calls, rows[i-1].Counted, most, room))
		}
		p.WriteString("\n")
	}
}

// numbers are the rows without their bars, the first of them the head, and the
// columns that are left for the bars.
func (p *page) numbers(rows []row, messages, aside bool) (lines []string, room int) {
	head := []string{"", "calls"}
	if messages {
		head = append(head, "messages")
	}
	head = append(head, "counted")
	if aside {
		head = append(head, "refused", "fallback")
	}
	cells := [][]string{head}
	for _, r := range rows {
		line := []string{r.name, number(r.Calls)}
		if messages {
			line = append(line, number(r.Messages))
		}
		line = append(line, number(r.Counted))
		if aside {
			line = append(line, witnessed(r.refused), witnessed(r.fallback))
		}
		if r.gap {
			line = []string{r.name, "", "", "", "", ""}[:len(head)]
		}
		cells = append(cells, line)
	}
	lines = columns(cells, 1)
	return lines, p.width - text.StringWidth(lines[0]) - 2
}

// notKnown stands for a number of Asterisk's event log where that does not reach.
const notKnown = "-"

func witnessed(n *int) string {
	if n == nil {
		return notKnown
	}
	return number(*n)
}

func zero(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// bar is as long as n of most would be in width columns, filled for part of n.
// What is there is seen, however little it is; less than a column is told in
// eighths of one.
func bar(n, part, most, width int) string {
	if n == 0 {
		return ""
	}
	length := n * width / most
	if length == 0 {
		eighths := []rune(slivers)
		return string(eighths[min(n*width*8/most, len(eighths)-1)])
	}
	filled := part * length / n
	if part > 0 && filled == 0 {
		filled = 1
	}
	return strings.Repeat(full, filled) + strings.Repeat(light, length-filled)
}

// goalBar shows how far it is to the goal, or how far past it.
func goalBar(counted, goal, width int) string {
	scale := max(counted, goal)
	length := counted * width / scale
	if counted > 0 && length == 0 {
		length = 1
	}
	cells := strings.Split(strings.Repeat(full, length)+strings.Repeat(light, width-length), "")
	if at := goal * width / scale; at < width {
		cells[at] = mark
	}
	return strings.Join(cells, "")
}

var plainer = strings.NewReplacer(full, "#", "▏", "#", "▎", "#", "▍", "#", "▌", "#", "▋", "#", "▊", "#", "▉", "#", light, ".", mark, "|", "–", "-", "—", "-", "…", "...", "’", "'", "−", "-")

// ascii writes a text with nothing but ASCII: letters lose their accents, and
// what has no likeness there is a question mark.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return r
		case r >= 0x300 && r < 0x370: // accents
			return -1
		}
		return '?'
	}, norm.NFD.String(plainer.Replace(s)))
}
