package reconcile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"glennline/petition/sqlite"
)

// ErrCarrierList says that a carrier's list of calls cannot be read as one.
var ErrCarrierList = errors.New("not a list of calls")

// carrierWithin is how far the carrier's clock, and what it takes for a call's
// beginning, may be from ours.
const carrierWithin = 10 * time.Second

// carrierCall is a line of a carrier's list.
type carrierCall struct {
	line   int
	at     time.Time
	callID string // "" where the carrier does not tell
}

// carrier joins the carrier's list of answered calls, a CSV file with a header:
// the columns time (RFC 3339, or 2006-01-02 15:04:05 in UTC), call_id (SIP
// Call-ID; may be missing) and duration (seconds; may be missing, 0 is a call
// that was not answered and is passed over). Others are ignored.
func (r *run) carrier(ctx context.Context) error {
	if r.CarrierList == "" {
		return nil
	}
	var (
		first, last time.Time
		seed        = maphash.MakeSeed()
		ids         = make(map[uint64]struct{}) // of Call-IDs: eight bytes a call
		withoutID   bool
	)
	err := readCarrier(r.CarrierList, func(c carrierCall) error {
		r.tick()
		if err := ctx.Err(); err != nil {
			return err
		}
		if first.IsZero() || c.at.Before(first) {
			first = c.at
		}
		if c.at.After(last) {
			last = c.at
		}
		if c.callID == "" {
			withoutID = true
		} else {
			ids[maphash.String(seed, c.callID)] = struct{}{}
		}
		r.report.Totals.Carried++
		known, err := r.DB.HasCall(ctx, c.callID, c.at, carrierWithin)
		if err != nil || known {
			return err
		}
		r.found(ctx, Finding{
			Kind: CarrierOnly, Path: fmt.Sprintf("%s:%d", r.CarrierList, c.line), At: c.at,
			Action: "nothing: ask the carrier where the call went, and look for its Call-ID in Asterisk's records",
		}, nil)
		return nil
	})
	if err != nil || withoutID || first.IsZero() {
		// Without Call-IDs a list cannot say that a call of ours is not in it.
		return err
	}
	return r.DB.Calls(ctx, sqlite.Filter{Since: first, Until: last}, func(row sqlite.CallRow) error {
		r.tick()
		if row.Closing == nil || row.Closing.AnsweredAt.IsZero() || row.Call.SIPCallID == "" {
			return nil
		}
		if _, listed := ids[maphash.String(seed, row.Call.SIPCallID)]; listed {
			return nil
		}
		r.found(ctx, Finding{
			Kind: NotCarried, CallID: row.Call.ID, UniqueID: row.Call.UniqueID, At: row.Call.StartedAt,
			Action: "nothing: the call came by another way, or the carrier's list is not whole",
		}, nil)
		return nil
	})
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
