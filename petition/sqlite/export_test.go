package sqlite

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mattn/go-sqlite3"

	"glennline/petition"
)

// Pragma reads or sets something on the connection that writes, past the writer,
// which must be at rest.
func (db *DB) Pragma(ctx context.Context, query string) (string, error) {
	var value string
	err := db.writer.session.conn.QueryRowContext(ctx, query).Scan(&value)
	return value, err
}

// Forgetful makes the writer, which must be at rest, wait for no disk: for tests of
// rules, in which nothing is lost that anybody would miss.
func (db *DB) Forgetful(ctx context.Context) error {
	_, err := db.writer.session.conn.ExecContext(ctx, `PRAGMA synchronous = OFF`)
	return err
}

// Hold is a request that keeps the writer in its transaction until release is
// called. It returns when the writer has come to it.
func (db *DB) Hold(ctx context.Context) (release func()) {
	held, released, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, _ = db.writer.do(ctx, &request{change: func(context.Context, *session) (*petition.Signature, error) {
			close(held)
			<-released
			return nil, nil
		}})
	}()
	<-held
	return func() {
		close(released)
		<-done
	}
}

// Waiting is how many requests the writer has not taken.
func (db *DB) Waiting() int {
	db.writer.mu.Lock()
	defer db.writer.mu.Unlock()
	return len(db.writer.urgent) + len(db.writer.patient)
}

// Join makes those who may wait go with the next urgent request, as if half of
// their time were over.
func (db *DB) Join() {
	db.writer.mu.Lock()
	defer db.writer.mu.Unlock()
	db.writer.joining = time.Time{}
}

// Closing is whether the writer takes no more requests.
func (db *DB) Closing() bool {
	db.writer.mu.Lock()
	defer db.writer.mu.Unlock()
	return db.writer.closing
}

// CountCommits counts what the writer, which must be at rest, commits from now
// on.
func (db *DB) CountCommits() (*atomic.Int64, error) {
	var commits atomic.Int64
	err := db.writer.session.conn.Raw(func(conn any) error {
		conn.(*sqlite3.SQLiteConn).RegisterCommitHook(func() int {
			commits.Add(1)
			return 0
		})
		return nil
	})
	return &commits, err
}

// FailCommits makes every commit of the writer, which must be at rest, fail from
// now on, or no more.
func (db *DB) FailCommits(fail bool) error {
	return db.writer.session.conn.Raw(func(conn any) error {
		if fail {
			conn.(*sqlite3.SQLiteConn).RegisterCommitHook(func() int { return 1 })
		} else {
			conn.(*sqlite3.SQLiteConn).RegisterCommitHook(nil)
		}
		return nil
	})
}

// Queries are those that read lists.
var Queries = map[string]string{
	"oldest first": oldestFirst,
	"newest first": newestFirst,
	"by prefix":    byPrefix,
	"open calls":   openCalls,
}

// CallerQueries are those that run for every signature, and must find one
// caller's calls without looking at others'.
var CallerQueries = map[string]string{
	"head of a line":     callerHead,
	"all of a line":      factsByCaller,
	"trigger of a line":  `SELECT 1 FROM counted_callers WHERE id <> ?1 AND caller_pseudonym = (SELECT caller_pseudonym FROM calls WHERE id = ?2)`,
	"forgotten, trigger": `SELECT 1 FROM counted_callers WHERE id <> ?1 AND caller_pseudonym = ?2`,
}

// AudioQueries are the same for samples.
var AudioQueries = map[string]string{
	"head of samples": audioHead,
	"known head":      knownHead,
	"all of samples":  factsByAudio,
}

// Plan is how SQLite goes about a query, a step a line.
func (db *DB) Plan(ctx context.Context, query string) (string, error) {
	rows, err := db.readers.QueryContext(ctx, `EXPLAIN QUERY PLAN `+query, make([]any, 7)...) // the most parameters that one has
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return "", err
		}
		steps = append(steps, step)
	}
	return strings.Join(steps, "\n"), rows.Err()
}

// ExportQueries are those of exports.
var ExportQueries = map[string]string{
	"rows":         exportRows,
	"held back":    heldBack,
	"held repeats": heldRepeats,
}

// Path is that of the file.
func (db *DB) Path() string { return db.path }

// CheckpointEvery is after how many changes the log is folded.
const CheckpointEvery = checkpointEvery
