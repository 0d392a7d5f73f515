package journal

import (
	"bytes"
	"encoding/json"
	"errors"

	"glennline/petition"
)

// Entry is one thing that the ledger is to be told. Exactly one field is set.
type Entry struct {
	Begin  *petition.Call    `json:"begin,omitempty"`
	Settle *Settlement       `json:"settle,omitempty"`
	End    *petition.Closing `json:"end,omitempty"` // of a call that the ledger has
}

// Settlement is a call that is over, whole.
type Settlement struct {
	Call    petition.Call
	Closing petition.Closing
}

// CallID is the id of the call that the entry is about.
func (e Entry) CallID() string {
	switch {
	case e.Begin != nil:
		return e.Begin.ID
	case e.Settle != nil:
		return e.Settle.Call.ID
	case e.End != nil:
		return e.End.CallID
	}
	return ""
}

// ErrNoEntry says that a line holds none.
var ErrNoEntry = errors.New("not an entry of a journal")

// line is the entry as it is written.
func (e Entry) line() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	if e.Settle != nil && !e.Settle.Closing.Consent.Complete {
		// Whoever left before the notice's end leaves no pseudonym.
		s := *e.Settle
		s.Call.Caller.Pseudonym, s.Call.Caller.KeyID, s.Call.Caller.Former = "", "", ""
		e.Settle = &s
	}
	line, err := json.Marshal(e)
	return append(line, '\n'), err
}

func parse(line []byte) (Entry, error) {
	var e Entry
	dec := json.NewDecoder(bytes.NewReader(line))
	if err := dec.Decode(&e); err != nil {
		return Entry{}, errors.Join(ErrNoEntry, err)
	}
	return e, e.check()
}

func (e Entry) check() error {
	n := 0
	for _, set := range []bool{e.Begin != nil, e.Settle != nil, e.End != nil} {
		if set {
			n++
		}
	}
	if n != 1 || e.CallID() == "" {
		return ErrNoEntry
	}
	return nil
}
