package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
)

// cmdLedger makes a data folder as a service leaves it, with one call of every
// kind: the same in every run, since its secret and its clock are given.
func cmdLedger(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ledger DIR")
	}
	ctx := context.Background()
	dir, err := datadir.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	key := make([]byte, 32)
	copy(key, "a secret for scripts alone")
	ts.Check(os.WriteFile(dir.Secret(), []byte(hex.EncodeToString(key)+"\n"), 0o600))
	secret, err := caller.ReadSecret(dir.Secret())
	ts.Check(err)
	db, err := sqlite.Open(ctx, sqlite.Config{Path: dir.Database(), Now: func() time.Time { return began.Add(time.Hour) }})
	ts.Check(err)
	ts.Check(db.BindSecret(ctx, secret.ID, secret.Check()))
	for n, kind := range kinds {
		call := kind.call(n, secret)
		ts.Check(db.Begin(ctx, call))
		if kind.ending == (petition.Ending{}) {
			continue
		}
		closing := kind.closing(n, call)
		_, err := db.End(ctx, closing)
		ts.Check(err)
	}
	ts.Check(db.Close())
}

// began is when the first call of a ledger arrived. Its Unix time is a prefix
// of every UNIQUEID, and so the calls' ids have theirs in common.
var began = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

// kind is one call of a ledger.
type kind struct {
	number       string
	presentation string
	ending       petition.Ending // zero for a call that is open
	voice        bool
}

var kinds = []kind{
	{"+32470555019", "allowed", petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller}, true},
	{"+3225550123", "allowed", petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonDuringNotice}, false},
	{"+32470555020", "prohib", petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonKey}, true},
	{"", "unavailable", petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonRecord}, false},
	{"+32470555021", "allowed", petition.Ending{}, false},
}

func (k kind) call(n int, secret interface {
	Identify(number, presentation, region string) petition.Caller
},
) petition.Call {
	at := began.Add(time.Duration(n) * time.Minute)
	unique := fmt.Sprintf("glennline-%d.%d", at.Unix(), n)
	return petition.Call{
		ID:        callid.Derive("glennline", unique, at),
		System:    "glennline",
		UniqueID:  unique,
		SIPCallID: fmt.Sprintf("call-%d\x1b@carrier.example", n), // a terminal must not obey it
		Line:      "main",
		Dialled:   "+3225550100",
		StartedAt: at,
		Caller:    secret.Identify(k.number, k.presentation, "BE"),
	}
}

func (k kind) closing(n int, call petition.Call) petition.Closing {
	complete := k.ending.Reason != petition.ReasonDuringNotice
	var voice *petition.Voice
	if k.voice {
		voice = &petition.Voice{
			Path:        call.StartedAt.Format("2006/01/02/") + call.ID + ".wav",
			FileSHA256:  strings.Repeat(fmt.Sprintf("%df", n), 32),
			AudioSHA256: strings.Repeat(fmt.Sprintf("%da", n), 32),
			Measure:     petition.Measure{Seconds: 2.5, SpeechSeconds: 1.5, LevelDBFS: -20, PeakDBFS: -6.5, NoiseDBFS: -60, HumDBFS: -96},
		}
	}
	return petition.Closing{
		CallID:     call.ID,
		Ending:     k.ending,
		AnsweredAt: call.StartedAt.Add(50 * time.Millisecond),
		EndedAt:    call.StartedAt.Add(20 * time.Second),
		Consent:    petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: complete},
		Voice:      voice,
	}
}
