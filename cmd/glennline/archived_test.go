package main

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// cmdArchived takes calls into a data folder as a service does, each with a
// recording in the archive; those with the numbers from to to, each from a
// telephone of its own, or all from that of the call like.
func cmdArchived(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: archived DIR FROM TO [LIKE]")
	}
	take(ts, args, func(_ datadir.Dir, db *sqlite.DB, call petition.Call, closing petition.Closing) error {
		_, err := db.Settle(context.Background(), call, closing)
		return err
	})
}

// cmdJournalled is cmdArchived while the database could not be written.
func cmdJournalled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: journalled DIR FROM TO")
	}
	take(ts, args, func(dir datadir.Dir, _ *sqlite.DB, call petition.Call, closing petition.Closing) error {
		j, err := journal.Open(dir.Journal())
		if err != nil {
			return err
		}
		err = j.Append(context.Background(), journal.Entry{Settle: &journal.Settlement{Call: call, Closing: closing}})
		return errors.Join(err, j.Close())
	})
}

// cmdLocked has another program lock a database, until the script ends.
func cmdLocked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: locked DATABASE")
	}
	db, err := sql.Open("sqlite3", "file:"+ts.MkAbs(args[0]))
	ts.Check(err)
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(context.Background(), `BEGIN EXCLUSIVE`)
	ts.Check(err)
	ts.Defer(func() { _ = db.Close() })
}

// take keeps recordings in an archive and tells of their calls.
func take(ts *testscript.TestScript, args []string, tell func(datadir.Dir, *sqlite.DB, petition.Call, petition.Closing) error) {
	ctx := context.Background()
	from, err := strconv.Atoi(args[1])
	ts.Check(err)
	to, err := strconv.Atoi(args[2])
	ts.Check(err)
	dir, err := datadir.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = caller.OpenSecret(dir.Secret())
	ts.Check(err)
	secret, err := caller.ReadRing(dir.Secret(), dir.Secrets())
	ts.Check(err)
	store, err := archive.Open(dir.Archive(), dir.Quarantine())
	ts.Check(err)
	db, err := sqlite.Open(ctx, sqlite.Config{Path: dir.Database()})
	ts.Check(err)
	ts.Check(bindKeys(ctx, db, secret))
	for n := from; n <= to; n++ {
		like := n
		if len(args) == 4 {
			like, err = strconv.Atoi(args[3])
			ts.Check(err)
		}
		k := kind{"+324705550" + strconv.Itoa(10+like), "allowed", petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller}, true}
		call := k.call(n, secret)
		cmdVoice(ts, false, []string{"spooled.wav", "8000", strconv.Itoa(-15 - n)})
		voice, err := store.Keep(ctx, ts.MkAbs("spooled.wav"), call.ID, call.StartedAt)
		ts.Check(err)
		ts.Check(store.Release(filepath.Clean(ts.MkAbs("spooled.wav")), voice))
		closing := k.closing(n, call)
		closing.Voice = &voice
		ts.Check(tell(dir, db, call, closing))
	}
	ts.Check(db.Close())
}
