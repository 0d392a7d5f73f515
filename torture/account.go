package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is a call in the ledger, as `list --calls --json` has it.
type row struct {
	ID     string `json:"id"`
	Ending *struct {
		Result string `json:"result"`
		Reason string `json:"reason"`
	} `json:"ending"`
	Status    string  `json:"status"`
	Seconds   float64 `json:"seconds"`
	WAV       string  `json:"wav"`
	SIPCallID string  `json:"sip_call_id"`
}

// byDialplan says whether the dialplan served a call, glennline being away, as far
// as its row tells.
func (r row) byDialplan() bool {
	return r.Ending != nil && (r.Ending.Reason == "fallback" || r.Ending.Reason == "early")
}

func (r row) String() string {
	ending := "open"
	if r.Ending != nil {
		ending = r.Ending.Result + "/" + r.Ending.Reason
	}
	return fmt.Sprintf("%s %s %q %.2f s", r.ID, ending, r.Status, r.Seconds)
}

// account holds what the callers saw against the ledger.
func account(ctx context.Context, res result, l *line, callers *callers, faults []fault) (result, error) {
	out, errs, code, err := l.run(ctx, "list", "--calls", "--json")
	if err != nil {
		return res, err
	}
	if code != 0 {
		return res, fmt.Errorf("list: exit %d: %s", code, errs)
	}
	rows := map[string]row{}
	endings := map[string]int{}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var r row
		if err := dec.Decode(&r); err != nil {
			return res, fmt.Errorf("list: %w", err)
		}
		if other, twice := rows[r.SIPCallID]; twice && r.SIPCallID != "" {
			res.troubles = append(res.troubles, fmt.Sprintf("two rows for call %s: %v and %v", r.SIPCallID, other, r))
		}
		rows[r.SIPCallID] = r
		if r.Ending != nil {
			endings[r.Ending.Result+"/"+r.Ending.Reason]++
		} else {
			endings["open"]++
		}
	}
	calls, err := callers.calls()
	if err != nil {
		return res, err
	}
	res.answered = len(calls)
	shortest := shortfall{}
	for _, c := range calls {
		r, known := rows[c.id]
		if why := unaccounted(r, known); why != "" {
			res.unexplained++
			res.troubles = append(res.troubles, fmt.Sprintf("%s answered at %s: %s; %s", c.id, c.answered.Format(stamp), why, near(c, faults)))
			continue
		}
		res.accounted++
		short, checked := lost(c, r, faults)
		if !checked {
			continue
		}
		shortest.add(short)
		if short > tolerance {
			res.troubles = append(res.troubles, fmt.Sprintf("%s answered at %s, bye at %s: %v lacks %.2f s more than the 2.1 s that may be lost; %s",
				c.id, c.answered.Format(stamp), c.bye.Format(stamp), r, short.Seconds(), near(c, faults)))
		}
	}
	for _, ending := range slices.Sorted(maps.Keys(endings)) {
		fmt.Fprintf(l.told, "torture: %4d %s\n", endings[ending], ending)
	}
	fmt.Fprintf(l.told, "torture: %s\n", shortest)
	fmt.Fprintf(l.told, "torture: glennline was ready %d times and ended by itself %d times\n", l.ready, l.by)
	stays, err := left(filepath.Join(l.dir, "data", "asterisk", "spool"))
	for _, path := range stays {
		res.troubles = append(res.troubles, "left in the spool: "+path)
	}
	return res, err
}

// unaccounted says why a call that was answered is not accounted for.
func unaccounted(r row, known bool) string {
	switch {
	case !known:
		return "the ledger does not know it"
	case r.Ending == nil:
		return fmt.Sprintf("its row is open: %v", r)
	case r.Ending.Result == "refused", r.Ending.Reason == "before_answer":
		return fmt.Sprintf("its row says that it was not answered: %v", r)
	case r.WAV != "":
		if _, err := os.Stat(r.WAV); err != nil {
			return fmt.Sprintf("its recording is gone: %v", err)
		}
	}
	return ""
}

// left are the files that nobody has come for.
func left(spool string) (paths []string, err error) {
	err = filepath.WalkDir(spool, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	})
	return paths, err
}

// near names the faults around a call.
func near(c call, faults []fault) string {
	end := c.answered.Add(15 * time.Second)
	if !c.bye.IsZero() {
		end = c.bye
	}
	var text []string
	for _, f := range faults {
		if f.to.After(c.answered.Add(-5*time.Second)) && f.from.Before(end) {
			text = append(text, fmt.Sprintf("%s from %s to %s", f.kind, f.from.Format(stamp), f.to.Format(stamp)))
		}
	}
	if len(text) == 0 {
		return "no fault near it"
	}
	return strings.Join(text, ", ")
}

const stamp = "15:04:05.000"

// parseLog reads a line of the callers' log: SIPp's stamp, of which the last
// part is in unix seconds, an event, a Call-ID.
func parseLog(text string) (at time.Time, event, id string, err error) {
	fields := strings.Fields(text)
	if len(fields) < 3 {
		return at, "", "", fmt.Errorf("%q is no line of the callers' log", text)
	}
	event, id = fields[len(fields)-2], fields[len(fields)-1]
	seconds, err := strconv.ParseFloat(strings.TrimSuffix(fields[len(fields)-3], ":"), 64)
	if err != nil {
		return at, "", "", fmt.Errorf("%q is no line of the callers' log: %w", text, err)
	}
	return time.UnixMicro(int64(seconds * 1e6)), event, id, nil
}
