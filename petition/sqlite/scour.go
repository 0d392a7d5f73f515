package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// What can keep erased bytes in the files of a database.
var (
	// ErrReader says that somebody reads from before the erasure still, so that the
	// write-ahead log cannot be emptied.
	ErrReader = errors.New("somebody still reads what was before")
	// ErrResidue says that bytes are in the file that should not be.
	ErrResidue = errors.New("erased bytes are still in the file")
)

// between two looks whether a reader is gone.
const scourPause = 100 * time.Millisecond

// Scour makes sure that none of the needles is in the files of the database at
// path, from whose rows they were erased before: it folds the write-ahead log
// into the database and empties it, waiting for readers in the way for as long
// as patience, and reads the whole file. Our own connections overwrite what they
// delete (secure_delete); others, such as the sqlite3 program, need not have. If
// anything is met, the file is written anew (VACUUM), which takes about a second
// for each 100 MB and keeps other writers waiting; callers' rows go to the
// journal meanwhile.
//
// A needle is a pseudonym, a SIP Call-ID or a name that was typed. One that a call
// has, such as that of somebody who called again meanwhile, is not looked for.
//
// Errors: ErrReader, ErrResidue, ErrUnavailable.
func Scour(ctx context.Context, path string, needles [][]byte, patience time.Duration) (err error) {
	pool, err := sql.Open("sqlite3", writing().name(path, patience))
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, pool.Close()) }()
	if err := truncateLog(ctx, path, pool, patience); err != nil {
		return err
	}
	found, err := holds(ctx, path, pool, needles)
	if err != nil || !found {
		return err
	}
	if _, err := pool.ExecContext(ctx, `VACUUM`); err != nil {
		return fmt.Errorf("write %s anew, so that nothing erased stays on its pages: %w", path, explain(path, err))
	}
	if err := truncateLog(ctx, path, pool, patience); err != nil {
		return err
	}
	if found, err = holds(ctx, path, pool, needles); err == nil && found {
		err = fmt.Errorf("%s: %w", path, ErrResidue)
	}
	return err
}

// truncateLog empties the write-ahead log.
func truncateLog(ctx context.Context, path string, pool *sql.DB, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		var busy, frames, folded int
		err := pool.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &folded)
		if err != nil {
			return fmt.Errorf("empty the write-ahead log of %s: %w", path, explain(path, err))
		}
		if busy == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the write-ahead log of %s cannot be emptied: %w; let it finish (fuser names it), then run this again", path, ErrReader)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(scourPause):
		}
	}
}

const (
	inUse = `SELECT EXISTS (SELECT 1 FROM calls WHERE caller_pseudonym = ?)`
	// A Call-ID may be part of another one, or what Asterisk calls the channel, and
	// a name that of somebody else, or part of what was written about something
	// else. This reads all calls, and only where something was met.
	within = `SELECT EXISTS (SELECT 1 FROM calls WHERE instr(sip_call_id, ?1) > 0 OR instr(unique_id, ?1) > 0)
		OR EXISTS (SELECT 1 FROM signatures WHERE instr(typed_name, ?1) > 0)
		OR EXISTS (SELECT 1 FROM audit_texts WHERE instr(text, ?1) > 0)
		OR EXISTS (SELECT 1 FROM kpis WHERE instr(source, ?1) > 0)`
)

// holds is whether the database or its log has one of the needles that no call
// has.
func holds(ctx context.Context, path string, pool *sql.DB, needles [][]byte) (bool, error) {
	for _, check := range []string{inUse, within} {
		met, err := anywhere(path, needles)
		if err != nil || !met {
			return false, err
		}
		var unused [][]byte
		for _, needle := range needles {
			var used bool
			if err := pool.QueryRowContext(ctx, check, string(needle)).Scan(&used); err != nil {
				return false, explain(path, err)
			}
			if !used {
				unused = append(unused, needle)
			}
		}
		if needles = unused; len(needles) == 0 {
			return false, nil
		}
	}
	return anywhere(path, needles)
}

// anywhere looks for needles in a database and its log, either of which may not
// be there.
func anywhere(path string, needles [][]byte) (bool, error) {
	for _, file := range []string{path, path + "-wal"} {
		found, err := contains(file, needles)
		if found || err != nil && !errors.Is(err, os.ErrNotExist) {
			return found, err
		}
	}
	return false, nil
}

// contains looks for needles, none longer than overlap, in a file.
func contains(path string, needles [][]byte) (bool, error) {
	const overlap = 1 << 10
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	buffer, kept := make([]byte, 1<<20), 0
	for {
		n, err := f.Read(buffer[kept:])
		window := buffer[:kept+n]
		for _, needle := range needles {
			if len(needle) > 0 && bytes.Contains(window, needle) {
				return true, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		kept = copy(buffer, window[max(0, len(window)-overlap):])
	}
}

// OneFile makes of a database that nobody uses a file without a log beside it.
func OneFile(ctx context.Context, path string) (err error) {
	pool, err := sql.Open("sqlite3", building().name(path, 0))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	var mode string
	if err := pool.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode); err != nil {
		return explain(path, err)
	}
	if mode != "delete" {
		return fmt.Errorf("%s keeps journal mode %s", path, mode)
	}
	return nil
}
