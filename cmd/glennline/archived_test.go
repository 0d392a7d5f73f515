package main

import (
	"context"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// cmdArchived takes calls into a data folder as a service does, each with a
// recording in the archive; those with the numbers from to to.
func cmdArchived(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: archived DIR FROM TO")
	}
	ctx := context.Background()
	from, err := strconv.Atoi(args[1])
	ts.Check(err)
	to, err := strconv.Atoi(args[2])
	ts.Check(err)
	dir, err := datadir.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	secret, err := caller.OpenSecret(dir.Secret())
	ts.Check(err)
	store, err := archive.Open(dir.Archive(), dir.Quarantine())
	ts.Check(err)
	db, err := sqlite.Open(ctx, sqlite.Config{Path: dir.Database()})
	ts.Check(err)
	ts.Check(db.BindSecret(ctx, secret.ID, secret.Check()))
	for n := from; n <= to; n++ {
		k := kind{"+324705550" + strconv.Itoa(10+n), "allowed", petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller}, true}
		call := k.call(n, secret)
		cmdVoice(ts, false, []string{"spooled.wav", "8000", strconv.Itoa(-15 - n)})
		voice, err := store.Keep(ctx, ts.MkAbs("spooled.wav"), call.ID, call.StartedAt)
		ts.Check(err)
		ts.Check(store.Release(filepath.Clean(ts.MkAbs("spooled.wav")), voice))
		closing := k.closing(n, call)
		closing.Voice = &voice
		_, err = db.Settle(ctx, call, closing)
		ts.Check(err)
	}
	ts.Check(db.Close())
}
