package voicemail

import "time"

// Arrival is a call as it reached us, before anything was decided.
type Arrival struct {
	System       string // Asterisk's system name
	UniqueID     string
	SIPCallID    string
	Trunk        string // that it came by, by its name in the configuration; "" if not known
	Dialled      Dialled
	CallerNumber string // as signalled; looked at only if Presentation allows it; never logged
	Presentation string // CALLERID(num-pres)
	At           time.Time
	Test         bool // a call of our own, see petition.ClassTest
	Found        bool // it was not announced but found: a process that is gone had it before
}

// Dialled is where the number that was dialled may stand: a call that was
// forwarded to us names it in a header, not in the request line.
type Dialled struct {
	Request     string // user part of the request URI
	To          string // header values, raw; "" if absent or not asked for
	Diversion   string // RFC 5806
	HistoryInfo string // RFC 7044
}
