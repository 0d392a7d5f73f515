package report

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// wrap breaks a text between its words.
func wrap(prose string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(prose) {
		switch {
		case line == "":
			line = word
		case text.StringWidth(line)+1+text.StringWidth(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// table writes rows, the first of which is the head; columns from right on are
// numbers.
func (p *page) table(rows [][]string, right int) {
	for _, line := range columns(rows, right) {
		p.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// columns makes lines of rows, all of the same width; columns from right on are
// numbers.
func columns(rows [][]string, right int) (lines []string) {
	widths := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, cell := range cells {
			widths[i] = max(widths[i], text.StringWidth(cell))
		}
	}
	for _, cells := range rows {
		var line strings.Builder
		for i, cell := range cells {
			space := strings.Repeat(" ", widths[i]-text.StringWidth(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if i >= right {
				line.WriteString(space + cell)
			} else {
				line.WriteString(cell + space)
			}
		}
		lines = append(lines, line.String())
	}
	return lines
}
