package reconcile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// ErrCarrierList says that a carrier's list of calls cannot be read as one.
var ErrCarrierList = errors.New("not a list of calls")

// carrierCall is a line of a carrier's list.
type carrierCall struct {
	line   int
	at     time.Time
	callID string // "" where the carrier does not tell
}

// readable reads a list to its end, before anything is done.
func (c *Config) readable() error {
	if c.CarrierList == "" {
		return nil
	}
	return readCarrier(c.CarrierList, func(carrierCall) error { return nil })
}

// readCarrier gives each answered call of a list.
func readCarrier(path string, found func(carrierCall) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("carrier's list: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("carrier's list %s: %w: it is no file; write the list to one", path, ErrCarrierList)
	}
	text := bufio.NewReader(f)
	if mark, err := text.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = text.Discard(len(byteOrderMark)) // it was peeked at
	}
	in := csv.NewReader(text)
	in.Comma = separator(text)
	in.ReuseRecord = true
	in.TrimLeadingSpace = true
	header, err := in.Read()
	if err != nil {
		return fmt.Errorf("carrier's list %s: %w: the first line has to name the columns time, call_id, duration", path, ErrCarrierList)
	}
	column := func(name string) int {
		return slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
	}
	at, id, duration := column("time"), column("call_id"), column("duration")
	if at < 0 {
		return fmt.Errorf("carrier's list %s: %w: it has no column time; name the columns time, call_id, duration", path, ErrCarrierList)
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := in.FieldPos(0)
		if err != nil {
			return fmt.Errorf("carrier's list %s: %w: %w", path, ErrCarrierList, err)
		}
		if duration >= 0 && strings.Trim(record[duration], "0.: ") == "" {
			continue
		}
		c := carrierCall{line: line}
		if c.at, err = carrierTime(record[at]); err != nil {
			return fmt.Errorf("carrier's list %s, line %d: %w: %q is no time; write 2006-01-02T15:04:05Z", path, line, ErrCarrierList, record[at])
		}
		if id >= 0 {
			c.callID = strings.Clone(strings.TrimSpace(record[id]))
		}
		if err := found(c); err != nil {
			return err
		}
	}
}

// byteOrderMark is what spreadsheets put before a list.
const byteOrderMark = "\ufeff"

// separator is what the first line has between its columns: carriers and their
// spreadsheets do not agree.
func separator(text *bufio.Reader) rune {
	head, _ := text.Peek(text.Size()) // what there is
	head, _, _ = bytes.Cut(head, []byte("\n"))
	for _, sep := range ",;\t" {
		if bytes.ContainsRune(head, sep) {
			return sep
		}
	}
	return ','
}

func carrierTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	return time.Parse(time.DateTime, text)
}
