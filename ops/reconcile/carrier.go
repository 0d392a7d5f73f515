package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"glennline/petition/sqlite"
)

// carrierWithin is how far the carrier's clock, and what it takes for a call's
// beginning, may be from ours.
const carrierWithin = 10 * time.Second

// carried is a line that no Call-ID explains, in a few bytes: a list may have a
// million of them.
type carried struct {
	at        int64 // ms
	line      int
	why       unexplainedLine
	explained bool // by a call of about the same time
}

// unexplainedLine is why no Call-ID explains a line.
type unexplainedLine uint8

const (
	noCallID   unexplainedLine = iota // it has none, or the carrier has its own
	stranger                          // it has one that we do not know
	oneTooMany                        // other lines with the same have all calls of ours that it names
)

// ourCall is a call of ours that no Call-ID of the list names.
type ourCall struct {
	at         int64  // ms
	key        uint64 // of its ID
	noCallID   bool   // it was recorded without one, or it was erased
	unanswered bool   // it ended so
	taken      bool   // it explains a line
}

// tally is how many calls of ours have a Call-ID, and how many lines.
type tally struct{ calls, lines int32 }

// carrierJoin is what a list of calls says, and what explains it.
type carrierJoin struct {
	seed        maphash.Seed
	first, last time.Time
	ids         map[uint64]tally    // by Call-ID, of those that we know; nil until it is needed
	known       bool                // the list has one of them
	lines       []carried           // that no Call-ID explains
	taken       map[uint64]struct{} // IDs of calls that explain a line by time
}

// carrier joins the carrier's list of answered calls, a CSV file with a header:
// the columns time (RFC 3339, or 2006-01-02 15:04:05 in UTC), call_id (SIP
// Call-ID; may be missing) and duration (seconds; may be missing, 0 is a call
// that was not answered and is passed over). Others are ignored.
//
// A call of ours explains one line: that with its Call-ID or, where the line or
// the call has none, one of about the same time. Where we know no Call-ID of the
// list, something on the way gives its own, and time has to do for all.
func (r *run) carrier(ctx context.Context) error {
	if r.CarrierList == "" {
		return nil
	}
	j := &carrierJoin{seed: maphash.MakeSeed(), taken: make(map[uint64]struct{})}
	if err := r.readLines(ctx, j); err != nil || j.first.IsZero() {
		return err
	}
	if err := r.byTime(ctx, j); err != nil {
		return err
	}
	for _, l := range j.lines {
		if l.explained {
			continue
		}
		f := Finding{
			Kind: CarrierOnly, Path: fmt.Sprintf("%s:%d", r.CarrierList, l.line), At: time.UnixMilli(l.at).UTC(),
			Action: "nothing: ask the carrier where the call went, and look for its Call-ID in Asterisk's records",
		}
		if l.why == oneTooMany {
			f.Action = "nothing: a line before it has the same Call-ID; ask the carrier whether that is one call or two"
		}
		r.found(ctx, f, nil)
	}
	return r.notCarried(ctx, j)
}

// readLines reads the list, and finds our calls by its Call-IDs.
func (r *run) readLines(ctx context.Context, j *carrierJoin) error {
	var withID bool
	err := readCarrier(r.CarrierList, func(c carrierCall) error {
		r.tick()
		if err := ctx.Err(); err != nil {
			return err
		}
		if j.first.IsZero() || c.at.Before(j.first) {
			j.first = c.at
		}
		if c.at.After(j.last) {
			j.last = c.at
		}
		r.report.Totals.Carried++
		l := carried{at: c.at.UnixMilli(), line: c.line}
		if c.callID != "" {
			withID = true
			if err := r.callIDs(ctx, j); err != nil {
				return err
			}
			l.why = stranger
			key := maphash.String(j.seed, c.callID)
			if id, ok := j.ids[key]; ok {
				j.known = true
				l.why = oneTooMany
				id.lines++
				j.ids[key] = id
				if id.lines <= id.calls {
					return nil
				}
			}
		}
		j.lines = append(j.lines, l)
		return nil
	})
	if withID && !j.known {
		r.report.CarriedByTime = true
		for i := range j.lines {
			j.lines[i].why = noCallID
		}
	}
	return err
}

// callIDs reads those of our calls, once: looking up each of a million lines would
// take an index that every call had to write.
func (r *run) callIDs(ctx context.Context, j *carrierJoin) error {
	if j.ids != nil {
		return nil
	}
	j.ids = make(map[uint64]tally)
	return r.DB.SIPCallIDs(ctx, func(id string) {
		key := maphash.String(j.seed, id)
		n := j.ids[key]
		n.calls++
		j.ids[key] = n
	})
}

// byTime looks for calls of ours of about the same time as the lines that are left.
func (r *run) byTime(ctx context.Context, j *carrierJoin) error {
	if !slices.ContainsFunc(j.lines, func(l carried) bool { return l.why != oneTooMany }) {
		return nil
	}
	var calls []ourCall
	span := sqlite.Filter{Since: j.first.Add(-carrierWithin), Until: j.last.Add(carrierWithin + time.Millisecond)}
	err := r.DB.Calls(ctx, span, func(row sqlite.CallRow) error {
		if !j.named(row) {
			calls = append(calls, ourCall{
				at: row.Call.StartedAt.UnixMilli(), key: maphash.String(j.seed, row.Call.ID), noCallID: row.Call.SIPCallID == "",
				unanswered: row.Closing != nil && row.Closing.AnsweredAt.IsZero(),
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(j.lines, func(a, b carried) int { return cmp.Compare(a.at, b.at) })
	// Who has the least to choose from comes first, and what we have as answered
	// before what we have not.
	for _, why := range []unexplainedLine{stranger, noCallID} {
		for _, unanswered := range []bool{false, true} {
			j.explain(calls, why, unanswered)
		}
	}
	slices.SortFunc(j.lines, func(a, b carried) int { return cmp.Compare(a.line, b.line) })
	return nil
}

// explain pairs those of the lines and calls that can be.
func (j *carrierJoin) explain(calls []ourCall, why unexplainedLine, unanswered bool) {
	var lines, ours []int
	var lineTimes, ourTimes []int64
	for i, l := range j.lines {
		if l.why == why && !l.explained {
			lines, lineTimes = append(lines, i), append(lineTimes, l.at)
		}
	}
	for i, c := range calls {
		if !c.taken && c.unanswered == unanswered && (c.noCallID || why == noCallID) {
			ours, ourTimes = append(ours, i), append(ourTimes, c.at)
		}
	}
	for i, c := range pair(lineTimes, ourTimes, carrierWithin.Milliseconds()) {
		if c >= 0 {
			j.lines[lines[i]].explained, calls[ours[c]].taken = true, true
			j.taken[calls[ours[c]].key] = struct{}{}
		}
	}
}

// named says whether the list has the call's Call-ID.
func (j *carrierJoin) named(row sqlite.CallRow) bool {
	return row.Call.SIPCallID != "" && j.ids[maphash.String(j.seed, row.Call.SIPCallID)].lines > 0
}

// notCarried are the calls that we answered and that explain no line. Of one
// without Call-ID the time may be that of its file, and nothing is said.
func (r *run) notCarried(ctx context.Context, j *carrierJoin) error {
	return r.DB.Calls(ctx, sqlite.Filter{Since: j.first, Until: j.last}, func(row sqlite.CallRow) error {
		r.tick()
		if row.Closing == nil || row.Closing.AnsweredAt.IsZero() || row.Call.SIPCallID == "" || j.named(row) {
			return nil
		}
		if _, taken := j.taken[maphash.String(j.seed, row.Call.ID)]; taken {
			return nil
		}
		r.found(ctx, Finding{
			Kind: NotCarried, CallID: row.Call.ID, UniqueID: row.Call.UniqueID, At: row.Call.StartedAt,
			Action: "nothing: the call came by another way, or the carrier's list is not whole",
		}, nil)
		return nil
	})
}
