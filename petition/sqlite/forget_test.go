package sqlite_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// scattered is call n from a line whose pseudonym stands anywhere among the
// others, as real ones do.
func scattered(n int) petition.Call {
	c := call(n)
	sum := sha256.Sum256([]byte(fmt.Sprint("line ", n)))
	c.ID = fmt.Sprintf("%s%05d", id(0)[:21], n)
	c.SIPCallID = fmt.Sprintf("call %d of all@carrier.example", n)
	c.Caller.Pseudonym = hex.EncodeToString(sum[:])
	return c
}

// left are the files of a database that have any of the texts.
func left(t *testing.T, p string, texts ...string) (names []string) {
	t.Helper()
	for _, name := range []string{p, p + "-wal", p + "-shm", p + "-journal"} {
		raw, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(raw, []byte(text)) }) {
			names = append(names, name)
		}
	}
	return names
}

func TestScourLeavesNoByteOfWhomWasForgotten(t *testing.T) {
	const calls, every = 3000, 40
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	together, ctx := errgroup.WithContext(t.Context()) // to share transactions
	together.SetLimit(100)
	for n := range calls {
		c, closing := scattered(n), message(n)
		closing.CallID = c.ID
		closing.Voice.Path = c.ID + ".wav"
		sum := sha256.Sum256([]byte(fmt.Sprint("voice ", n)))
		closing.Voice.AudioSHA256 = hex.EncodeToString(sum[:])
		together.Go(func() error {
			_, err := db.Settle(ctx, c, closing)
			return err
		})
	}
	if err := together.Wait(); err != nil {
		t.Fatal(err)
	}
	var needles [][]byte
	var erased []string
	for n := 0; n < calls; n += every {
		c := scattered(n)
		if err := db.Forget(t.Context(), c.ID, "alice"); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{c.Caller.Pseudonym, c.SIPCallID} {
			erased = append(erased, text)
			needles = append(needles, []byte(text))
		}
	}
	if left(t, p, erased...) == nil {
		t.Fatal("nothing to scour: the test proves nothing")
	}
	if err := sqlite.Scour(t.Context(), p, needles, time.Minute); err != nil {
		t.Fatal(err)
	}
	if names := left(t, p, erased...); names != nil {
		t.Errorf("some of %q is left in %v", erased, names)
	}
	// The database goes on, with all others in it.
	if _, err := db.Settle(t.Context(), scattered(calls), refused(calls)); err == nil {
		t.Error("a closing of another call was taken")
	}
	begin(t, db, scattered(calls))
	kept, _, err := db.VerifyFigure(t.Context())
	if want := calls - calls/every; err != nil || kept.Calls != calls+1 || kept.Counted != want || kept.Lines != want {
		t.Errorf("%+v, %v; want %d calls and %d counted", kept, err, calls+1, want)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// What a program deleted that does not overwrite it is met, and goes.
func TestScourWritesTheFileAnew(t *testing.T) {
	p := made(t, 5)
	execute(t, p, `PRAGMA secure_delete = 0`, fmt.Sprintf(`UPDATE calls SET caller_pseudonym = NULL, caller_key_id = NULL WHERE id = '%s'`, id(2)))
	if left(t, p, pseudonymOf(2)) == nil {
		t.Fatal("nothing to scour: the test proves nothing")
	}
	if err := sqlite.Scour(t.Context(), p, [][]byte{[]byte(pseudonymOf(2))}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if names := left(t, p, pseudonymOf(2)); names != nil {
		t.Errorf("left in %v", names)
	}
	if names := left(t, p, pseudonymOf(3)); names == nil {
		t.Error("the next one is gone too")
	}
	if err := sqlite.Scour(t.Context(), p, [][]byte{[]byte(pseudonymOf(3))}, 0); err != nil {
		t.Errorf("of one that a call has: %v", err)
	}
	if err := sqlite.Scour(t.Context(), p, [][]byte{[]byte("caller_pseudonym")}, 0); !errors.Is(err, sqlite.ErrResidue) {
		t.Errorf("of what no writing anew removes: %v, want ErrResidue", err)
	}
}

func TestScourSaysThatAReaderIsInTheWay(t *testing.T) {
	p := made(t, 3)
	db := open(t, sqlite.Config{Path: p})
	reader, err := sql.Open("sqlite3", "file:"+p)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	tx, err := reader.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow(`SELECT count(*) FROM calls`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := db.Forget(t.Context(), id(1), "alice"); err != nil {
		t.Fatal(err)
	}
	needles := [][]byte{[]byte(pseudonymOf(1))}
	if err := sqlite.Scour(t.Context(), p, needles, 0); !errors.Is(err, sqlite.ErrReader) {
		t.Errorf("error = %v, want ErrReader", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- sqlite.Scour(context.WithoutCancel(t.Context()), p, needles, time.Minute) }()
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if names := left(t, p, pseudonymOf(1)); names != nil {
		t.Errorf("left in %v", names)
	}
}

func TestForgetKeepsThatThereWasACall(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	for n := 1; n <= 2; n++ {
		if _, err := db.Settle(t.Context(), call(n), message(n)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // again changes nothing
		if err := db.Forget(t.Context(), id(1), "alice"); err != nil {
			t.Fatal(err)
		}
	}
	row, err := db.Call(t.Context(), id(1))
	if err != nil {
		t.Fatal(err)
	}
	want := petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonErased}
	if row.Closing.Ending != want || row.Closing.Voice != nil || row.Signature != nil || row.ErasedAt.IsZero() ||
		row.Call.Caller.Pseudonym != "" || row.Call.SIPCallID != "" || row.Call.Line != "glenn" {
		t.Errorf("%+v, %+v", row, row.Closing)
	}
	entries := 0
	if err := db.AuditSince(t.Context(), 0, func(petition.AuditEntry, string, string) error { entries++; return nil }); err != nil || entries != 1 {
		t.Errorf("%d entries, %v; want 1", entries, err)
	}
	// Nothing brings it back.
	closing := message(1)
	if _, err := db.AddVoice(t.Context(), closing); !errors.Is(err, sqlite.ErrErased) {
		t.Errorf("AddVoice: %v, want ErrErased", err)
	}
	if _, err := db.Settle(t.Context(), call(1), closing); !errors.Is(err, sqlite.ErrAlreadyEnded) {
		t.Errorf("Settle: %v, want ErrAlreadyEnded", err)
	}
	again, err := db.Call(t.Context(), id(1))
	if err != nil || again.Call.Caller.Pseudonym != "" || again.Closing.Voice != nil {
		t.Errorf("%+v, %v", again, err)
	}
	ids, err := db.NotErased(t.Context(), []string{id(1), id(2), id(3)})
	if err != nil || !slices.Equal(ids, []string{id(2)}) {
		t.Errorf("not erased: %v, %v; want call 2 alone", ids, err)
	}
	// An open one, too.
	begin(t, db, call(3))
	if err := db.Forget(t.Context(), id(3), "alice"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.End(t.Context(), message(3)); !errors.Is(err, sqlite.ErrErased) {
		t.Errorf("End: %v, want ErrErased", err)
	}
}

func TestCallsOf(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	for n := 1; n <= 3; n++ {
		if _, err := db.Settle(t.Context(), call(n), message(n)); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := db.CallsOf(t.Context(), pseudonymOf(3), pseudonymOf(1), pseudonymOf(9))
	if err != nil || len(rows) != 2 || rows[0].Call.ID != id(3) || rows[1].Call.ID != id(1) {
		t.Errorf("%+v, %v; want calls 3 and 1", rows, err)
	}
}

// What is part of something that others have is no residue.
func TestScourKnowsWhatOthersHave(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	mine, other := call(1), call(2)
	mine.SIPCallID, other.SIPCallID = "a-call-id-of-a-carrier", "more of a-call-id-of-a-carrier"
	for _, c := range []petition.Call{mine, other} {
		begin(t, db, c)
	}
	if err := db.Forget(t.Context(), mine.ID, "alice"); err != nil {
		t.Fatal(err)
	}
	needles := [][]byte{[]byte(mine.SIPCallID), []byte(mine.UniqueID), []byte(other.Caller.Pseudonym)}
	if err := sqlite.Scour(t.Context(), db.Path(), needles, time.Second); err != nil {
		t.Error(err)
	}
}
