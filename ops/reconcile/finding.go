package reconcile

import (
	"time"

	"glennline/petition"
)

// Kind names a disagreement between the ledger, the files and Asterisk's own
// records, as the crash table of ARCHITECTURE.md has them.
type Kind string

// The kinds, in the order in which they are reported.
const (
	Abandoned   Kind = "abandoned"    // open row, no file: the call ended without its ending
	Unclaimed   Kind = "unclaimed"    // open row or none that knows of it, and a recording
	Orphan      Kind = "orphan"       // a recording without a row
	Leftover    Kind = "leftover"     // archived and in the ledger, and still in the spool
	Unexplained Kind = "unexplained"  // Asterisk answered, and we know nothing of it
	Unwitnessed Kind = "unwitnessed"  // we have it as answered, Asterisk's log has not
	Missing     Kind = "missing"      // row, no file
	Damaged     Kind = "damaged"      // the file is not what was archived
	Unusable    Kind = "unusable"     // a recording without usable audio
	Erased      Kind = "erased"       // something is left, or has come back, of a call that was erased
	Stray       Kind = "stray"        // a file or folder among the recordings that is none of ours
	Journalled  Kind = "journalled"   // it waits in the journal for a database that can be written
	CarrierOnly Kind = "carrier_only" // the carrier has it as answered, and we know nothing of it
	NotCarried  Kind = "not_carried"  // we have it as answered, the carrier's list has not
	Waiting     Kind = "waiting"      // its channel may still live, or the file be in use: no disagreement, and not counted as one
)

// Kinds is every kind of disagreement, in order.
func Kinds() []Kind {
	return []Kind{
		Abandoned, Unclaimed, Orphan, Leftover, Unexplained, Unwitnessed, Missing, Damaged,
		Unusable, Erased, Stray, Journalled, CarrierOnly, NotCarried,
	}
}

// Finding is one disagreement.
type Finding struct {
	Kind     Kind      `json:"kind"`
	CallID   string    `json:"call_id,omitempty"`
	UniqueID string    `json:"unique_id,omitempty"`
	Path     string    `json:"path,omitempty"`
	Aside    string    `json:"aside,omitempty"` // where the file is in the quarantine now
	At       time.Time `json:"at,omitzero"`     // since when
	Action   string    `json:"action"`          // what --apply does; begins with "nothing" where that is all
	Done     bool      `json:"done"`            // it was done
	Error    string    `json:"error,omitempty"` // why it could not be done
}

// Report is what one run found.
type Report struct {
	Applied bool         `json:"applied"`
	Totals  Totals       `json:"totals"`
	Counts  map[Kind]int `json:"counts"`
	Left    int          `json:"left"` // findings that still need a look
	// Proposed is on how many findings --apply does something, or did.
	Proposed int `json:"proposed"`
	Waiting  int `json:"waiting"` // calls that may still be alive, and were not touched
	// WitnessBehind is how many bytes of Asterisk's log could not be brought in,
	// because the database could not be written.
	WitnessBehind int64 `json:"witness_behind"`
	// InUse is how many files that are no recordings somebody may still be writing:
	// they were not touched.
	InUse int `json:"in_use"`
	// CarriedByTime says that we know no Call-ID of the carrier's list, so that all
	// of it was compared by time alone.
	CarriedByTime bool `json:"carried_by_time"`
}

// Totals are the two sides.
type Totals struct {
	Witnessed int `json:"witnessed"` // channels in Asterisk's log
	Answered  int `json:"answered"`  // of these
	Fallback  int `json:"fallback"`  // of those answered, by the dialplan itself
	Refused   int `json:"refused"`   // of these, for want of room
	// RefusedFor is why: max_calls, per_caller, disk. What is missing to Refused is
	// of records that were removed before the reason was kept.
	RefusedFor map[petition.Way]int `json:"refused_for"`
	Calls      int                  `json:"calls"`      // answered, in the ledger
	Signatures int                  `json:"signatures"` // in the ledger
	Files      int                  `json:"files"`      // recordings in the archive
	Carried    int                  `json:"carried"`    // answered calls in the carrier's list
}
