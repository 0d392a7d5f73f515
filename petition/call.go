// Package petition is the domain in plain Go: a call, how it ended, the voice
// it left, the signature that this makes, and the rules that decide what a
// signature counts for. It imports nothing but the standard library; every
// other package speaks its types.
package petition

import "time"

// Call is what is known of a call before it is answered. It is written to the
// ledger first, so that every answered call has a row.
type Call struct {
	ID        string    // ULID, derived from System and UniqueID (package callid)
	System    string    // Asterisk's system name, as in asterisk.conf
	UniqueID  string    // Asterisk's UNIQUEID of the channel
	SIPCallID string    // Call-ID of the INVITE: the key to the carrier's records
	Line      string    // name of the line, "" when the dialled number has none
	Dialled   string    // the number of ours that was dialled, as found
	StartedAt time.Time // UTC
	Caller    Caller
}

// Caller is what may be kept of a calling number: never the number itself.
type Caller struct {
	Class     Class
	Pseudonym string // hex HMAC-SHA-256 of the E.164 number; "" if withheld or unusable
	KeyID     string // id of the secret that made the pseudonym; "" without one

	// Former are the pseudonyms that the same number has under secrets before,
	// with a space between them: what is stored under one of them is from here
	// on stored under Pseudonym. "" without any; it is stored nowhere itself.
	Former string `json:",omitempty"`
}

// Class says what kind of line called.
type Class string

// The caller classes.
const (
	ClassMobile   Class = "mobile"
	ClassFixed    Class = "fixed"
	ClassOther    Class = "other"    // valid, neither surely mobile nor surely fixed
	ClassWithheld Class = "withheld" // presentation restricted; the number is not kept in any form
	ClassUnknown  Class = "unknown"  // none sent, or not a telephone number
	ClassTest     Class = "test"     // a call of our own (glennline doctor): its signature is StatusTest
)

// Consent is the evidence of what the caller heard before the beep.
type Consent struct {
	Notice   string // version of the prompt set: first 12 hex digits of its SHA-256
	Language string // BCP 47, as configured for the line
	Complete bool   // the notice was played to its end
}

// Closing is everything that is learned between a call's answer and its end.
type Closing struct {
	CallID     string
	Ending     Ending
	AnsweredAt time.Time // zero if never answered
	EndedAt    time.Time
	Consent    Consent
	Voice      *Voice // nil if nothing was recorded
}
