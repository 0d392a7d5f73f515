package main

import (
	"context"
	"time"

	"glennline/ari"
	asteriskconf "glennline/asterisk-conf"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/voicemail"
)

// adopt takes on the calls that a process which is gone left in Asterisk.
func (s *service) adopt(log witness.Log) func(context.Context, *ari.Call, voicemail.Arrival) {
	s.script.Past = func(ctx context.Context, call petition.Call) voicemail.Past { return s.past(ctx, log, call) }
	return func(ctx context.Context, call *ari.Call, arrival voicemail.Arrival) {
		// It got past its token, or will be gone: it never counts.
		if arrival.Trunk == asteriskconf.Probe {
			arrival.Test, arrival.CallerNumber = true, ""
		}
		s.script.Adopt(ctx, call, arrival)
	}
}

// pastWithin is how long a caller may wait for what is on record. What is not
// known by then is done without.
const pastWithin = 500 * time.Millisecond

// past is what the ledger and Asterisk's event log say of a call.
func (s *service) past(ctx context.Context, log witness.Log, call petition.Call) (past voicemail.Past) {
	db := s.ledger.DB()
	if db == nil {
		return past
	}
	ctx, cancel := context.WithTimeout(ctx, pastWithin)
	defer cancel()
	if row, err := db.Call(ctx, call.ID); err == nil {
		past.Ended = row.Closing != nil
	}
	seen, err := db.WitnessOf(ctx, call.UniqueID)
	if err == nil && seen.AnsweredAt.IsZero() && log.Path != "" {
		if _, _, err = witness.Import(ctx, db, log); err == nil {
			seen, err = db.WitnessOf(ctx, call.UniqueID)
		}
	}
	if err == nil {
		past.AnsweredAt = seen.AnsweredAt
	}
	return past
}
