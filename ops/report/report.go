// Package report tells how a campaign goes: its calls by day and hour, by line
// and language and by ending, what the signatures count for, how far it is to
// the goal, and side figures from elsewhere. All of it is of one moment of the
// ledger, and none of it is about one caller.
//
// A Report is made once and then told: as text for a terminal, as a page that
// opens without a network, or as JSON.
package report

import (
	"time"

	"glennline/petition"
)

// Report is what is told. As JSON it is a contract: keys are added, never renamed
// or removed.
type Report struct {
	MadeAt   time.Time  `json:"made_at"` // UTC
	AsOf     time.Time  `json:"as_of"`   // UTC: calls that began before; MadeAt if no other was asked for
	Since    *time.Time `json:"since"`   // UTC: calls that began then or later; null for all
	Line     string     `json:"line"`    // calls of this line; "" for all
	Timezone string     `json:"timezone"`

	Totals
	Open      int           `json:"open"`           // of the calls: not ended yet
	Lines     int           `json:"distinct_lines"` // different telephone lines among the counted
	Withheld  int           `json:"withheld"`       // counted, the caller hid the number
	Unknown   int           `json:"unknown"`        // counted, the number is not known otherwise
	Statuses  []StatusCount `json:"statuses"`
	Frozen    *Frozen       `json:"frozen"`            // null where no figure was fixed for AsOf, and where the report is of a line or has a beginning
	Countable int           `json:"legally_countable"` // always 0
	Legal     string        `json:"legal"`
	AuditHead string        `json:"audit_head"` // hash of the audit chain's last entry
	Progress  Progress      `json:"progress"`

	Days      []Day         `json:"days"`
	ByLine    []LineCount   `json:"lines"`
	Endings   []EndingCount `json:"endings"`
	Peak      *Peak         `json:"peak"`      // null without a call
	Witness   *Witness      `json:"witness"`   // null where there is no event log of Asterisk's
	KPIs      []KPI         `json:"kpis"`      // by name
	Narrowed  bool          `json:"narrowed"`  // not all calls up to now: statuses that people gave are told as one
	Installed string        `json:"glennline"` // version of the program

	course []point    // of all calls, by the hour
	first  *time.Time // UTC: when the first of all calls came that is counted; nil without one
}

// Totals are what is counted of any part of the calls.
type Totals struct {
	Calls    int `json:"calls"`
	Messages int `json:"messages"` // recordings that were left, whatever they count for, the blank ones too
	Counted  int `json:"counted"`
}

// StatusCount is how many signatures have a status, in the order of
// petition.Statuses.
type StatusCount struct {
	Status     string `json:"status"` // a petition.Status, or SetAside
	Signatures int    `json:"signatures"`
}

// Frozen is the figure that was fixed for the report's moment, which stays what
// was told of it, whatever is counted now.
type Frozen struct {
	Entry      int64 `json:"audit_entry"`
	Counted    int   `json:"counted"`
	Correction int   `json:"correction"` // what to add to it now
}

// SetAside stands, in a report of a part of the calls, for all that people took
// out of the count: confidential, rejected, withdrawn and test. A report of one
// hour must not tell that a caller of that hour has something to hide.
const SetAside = "set_aside"

// Day is a day of the time zone, from midnight to midnight.
type Day struct {
	Date string `json:"date"` // 2026-11-22
	Totals
	Refused  *int   `json:"refused"`  // null where it is not known: without a witness, and where that does not reach; as below
	Fallback *int   `json:"fallback"` // answered by the dialplan, while glennline was away
	Hours    []Hour `json:"hours"`    // all of the day: 23 or 25 where the clock changes
}

// Hour is an hour of a day.
type Hour struct {
	Start time.Time `json:"start"` // in the time zone, with its offset from UTC
	Totals
	Refused  *int `json:"refused"`
	Fallback *int `json:"fallback"`
}

// LineCount is a line and a language of its notice.
type LineCount struct {
	Line     string `json:"line"`     // "" for a number that no line has
	Language string `json:"language"` // "" for calls that ended before anything was played
	Totals
}

// EndingCount is how many calls ended in one way.
type EndingCount struct {
	Result petition.Result `json:"result"`
	Reason petition.Reason `json:"reason"`
	Calls  int             `json:"calls"`
}

// Peak is the highest number of calls at once, each from its arrival to its end.
type Peak struct {
	Calls int       `json:"calls"`
	At    time.Time `json:"at"` // UTC: the first time that there were so many
}

// Witness is what Asterisk's own event log says of all lines together: it knows
// none.
type Witness struct {
	Since    time.Time    `json:"since"` // UTC: what it says begins here
	Last     *time.Time   `json:"last"`  // UTC: when the last call came that was copied from it; null where all was removed
	Refused  []WayCount   `json:"refused"`
	Fallback int          `json:"fallback"` // answered by the dialplan, while glennline was away
	Total    int          `json:"refused_total"`
	Purged   *PurgedCount `json:"purged"` // what was removed, its time being over; null for nothing
}

// tells is whether the log has what became of the callers of an hour in which
// the ledger has so many calls: not where its records were removed, nor where
// there were calls before it began.
func (w *Witness) tells(hour time.Time, calls int) bool {
	if w == nil || w.Purged != nil && hour.Before(w.Purged.Before) {
		return false
	}
	return calls == 0 || hour.Add(time.Hour).After(w.Since)
}

// PurgedCount is what is left of a part of the event log that was removed.
type PurgedCount struct {
	Before   time.Time `json:"before"` // UTC
	Refused  int       `json:"refused"`
	Fallback int       `json:"fallback"` // answered by the dialplan
}

// WayCount is how many calls were refused, and why.
type WayCount struct {
	Why   petition.Way `json:"why"`
	Calls int          `json:"calls"`
}
