package export

import (
	"io"
	"strconv"
	"strings"
)

// csvWriter writes RFC 4180, but for the ends of lines, which are newlines alone.
type csvWriter struct {
	w       io.Writer
	line    []byte
	between byte
	comma   bool // for the decimals
	known   known
	clocks  []clock // by column, since their zones differ
}

func newCSV(w io.Writer, cfg *Config) *csvWriter {
	c := &csvWriter{w: w, between: cfg.Delimiter, comma: cfg.DecimalComma, known: make(known)}
	if c.between == 0 {
		c.between = ','
	}
	if cfg.BOM {
		c.line = append(c.line, "\ufeff"...)
	}
	return c
}

func (c *csvWriter) begin(columns []Column) error {
	c.clocks = make([]clock, len(columns))
	for i, column := range columns {
		c.next(i)
		c.line = append(c.line, column.Name...)
	}
	return c.end()
}

func (c *csvWriter) next(i int) {
	if i > 0 {
		c.line = append(c.line, c.between)
	}
}

func (c *csvWriter) row(cells []cell) error {
	for i := range cells {
		c.next(i)
		switch cell := &cells[i]; cell.kind {
		case text:
			c.line = append(c.line, c.known.form(cell.text, quote)...)
		case code:
			if plain(cell.text) {
				c.line = append(c.line, cell.text...)
			} else { // which nothing of ours is
				c.line = append(c.line, quote(cell.text)...)
			}
		case number:
			c.number(cell.number)
		case truth:
			c.line = strconv.AppendBool(c.line, cell.truth)
		case moment:
			c.line = c.clocks[i].append(c.line, cell.moment)
		}
	}
	return c.end()
}

// number writes three decimals: a quotation where the decimal sign separates too.
func (c *csvWriter) number(n float64) {
	from := len(c.line)
	c.line = appendNumber(c.line, n)
	if !c.comma {
		return
	}
	c.line[len(c.line)-decimals-1] = ','
	if c.between == ',' {
		digits := string(c.line[from:])
		c.line = append(append(append(c.line[:from], '"'), digits...), '"')
	}
}

// decimals are those of every number: milliseconds.
const decimals = 3

func appendNumber(to []byte, n float64) []byte { return strconv.AppendFloat(to, n, 'f', decimals, 64) }

// quote is a text that is safe in any spreadsheet, in quotes where any program
// might need them.
func quote(s string) string {
	s = guard(s)
	if !strings.ContainsAny(s, separators+" ") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func (c *csvWriter) end() error {
	c.line = append(c.line, '\n')
	_, err := c.w.Write(c.line)
	c.line = c.line[:0]
	return err
}

func (c *csvWriter) close() error { return nil }

func (*csvWriter) discard() {}
