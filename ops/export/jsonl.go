package export

import (
	"encoding/json"
	"io"
	"strconv"
)

// jsonWriter writes an object a line, its keys in the order of the columns. No
// spreadsheet opens it, so that texts are as they were typed.
type jsonWriter struct {
	w      io.Writer
	line   []byte
	names  []string
	known  known
	clocks []clock // by column
}

func newJSON(w io.Writer) *jsonWriter { return &jsonWriter{w: w, known: make(known)} }

func (j *jsonWriter) begin(columns []Column) error {
	j.clocks = make([]clock, len(columns))
	for _, column := range columns {
		j.names = append(j.names, strconv.Quote(column.Name)+":")
	}
	return nil
}

func (j *jsonWriter) row(cells []cell) error {
	for i := range cells {
		if i == 0 {
			j.line = append(j.line, '{')
		} else {
			j.line = append(j.line, ',')
		}
		j.line = append(j.line, j.names[i]...)
		switch cell := &cells[i]; cell.kind {
		case text:
			j.line = append(j.line, j.known.form(cell.text, quoteJSON)...)
		case code:
			if plain(cell.text) {
				j.line = append(append(append(j.line, '"'), cell.text...), '"')
			} else { // which nothing of ours is
				j.line = append(j.line, quoteJSON(cell.text)...)
			}
		case number:
			j.line = appendNumber(j.line, cell.number)
		case truth:
			j.line = strconv.AppendBool(j.line, cell.truth)
		case moment:
			j.line = append(j.clocks[i].append(append(j.line, '"'), cell.moment), '"')
		}
	}
	j.line = append(j.line, "}\n"...)
	_, err := j.w.Write(j.line)
	j.line = j.line[:0]
	return err
}

func quoteJSON(s string) string {
	quoted, _ := json.Marshal(s) // of a string, never fails
	return string(quoted)
}

func (j *jsonWriter) close() error { return nil }

func (*jsonWriter) discard() {}
