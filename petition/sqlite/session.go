package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"

	"glennline/petition"
)

// session is the connection that writes, with each statement prepared once. It
// is used by one goroutine at a time.
type session struct {
	path     string
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	audited  bool // the transaction brought entries to the audit chain
	rule     petition.Thresholds

	// For a preview: the verdicts on recordings alone, and those that would stand,
	// which take the place of those that do; nil for none.
	preview *Preview
}

// openSession takes a connection from the pool and makes sure that it is as
// durable as its name asks for, which SQLite does not promise: on some network
// file systems, for one, it quietly stays without a write-ahead log. It also
// fails if the database cannot be written.
func openSession(ctx context.Context, path string, pool *sql.DB) (*session, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{path: path, conn: conn, prepared: map[string]*sql.Stmt{}}
	if err := errors.Join(s.check(ctx), s.inMemory(ctx)); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *session) check(ctx context.Context) error {
	for _, must := range []struct{ query, want string }{
		{`PRAGMA journal_mode`, "wal"},
		{`PRAGMA synchronous`, "2"},
		{`PRAGMA foreign_keys`, "1"},
	} {
		var got string
		if err := s.conn.QueryRowContext(ctx, must.query).Scan(&got); err != nil {
			return err
		}
		if got != must.want {
			return fmt.Errorf("%s is %s instead of %s; put the data on a local file system", must.query, got, must.want)
		}
	}
	// Of a file that cannot be written, SQLite still begins a transaction.
	_, err := s.conn.ExecContext(ctx, `DELETE FROM calls WHERE id IS NULL`)
	return err
}

// inMemory keeps out of /var/tmp what SQLite notes to undo a statement or a request:
// pages with pseudonyms, from the fifteenth on. What migrating sorts is more, and
// done by now.
func (s *session) inMemory(ctx context.Context) error {
	_, err := s.conn.ExecContext(ctx, `PRAGMA temp_store = MEMORY`)
	return err
}

func (s *session) close() error {
	errs := make([]error, 0, len(s.prepared)+1)
	for _, stmt := range s.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

func (s *session) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := s.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.prepared[query] = stmt
	return stmt, nil
}

// exec runs a statement and says how many rows it changed.
func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := s.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row reads one row, sql.ErrNoRows if there is none.
func (s *session) row(ctx context.Context, query string, arg any, into ...any) error {
	stmt, err := s.statement(ctx, query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx, arg).Scan(into...)
}

// begin takes the lock for writing at once, so that waiting for it happens here
// and no later statement is refused it.
func (s *session) begin(ctx context.Context) error {
	_, err := s.exec(ctx, `BEGIN IMMEDIATE`)
	return err
}

func (s *session) commit(ctx context.Context) error {
	_, err := s.exec(ctx, `COMMIT`)
	return err
}

// rollback ends a transaction that SQLite has not ended by itself, as it does
// when the disk is full.
func (s *session) rollback(ctx context.Context) error {
	open := false
	if err := s.conn.Raw(func(driver any) error {
		open = !driver.(*sqlite3.SQLiteConn).AutoCommit()
		return nil
	}); err != nil || !open {
		return err
	}
	_, err := s.exec(ctx, `ROLLBACK`)
	return err
}

// refusedError is that a change failed, and the transaction has to go.
type refusedError struct{ outcome }

func (e refusedError) Error() string { return e.err.Error() }

// venture makes a change that, if it fails, takes the transaction with it. Hardly
// any fails, and for each savepoint SQLite keeps a copy of every page that is
// changed after it.
func (s *session) venture(ctx context.Context, change change) (*petition.Signature, error) {
	signature, err := change(ctx, s)
	if err == nil {
		return signature, nil
	}
	if err = explain(s.path, err); errors.Is(err, ErrUnavailable) {
		return nil, err
	}
	return nil, refusedError{outcome{signature, err}}
}

// attempt makes a change that leaves nothing behind if it fails.
func (s *session) attempt(ctx context.Context, change change) (*petition.Signature, error) {
	if _, err := s.exec(ctx, `SAVEPOINT attempt`); err != nil {
		return nil, s.broken(err)
	}
	signature, err := change(ctx, s)
	if err == nil {
		if _, err := s.exec(ctx, `RELEASE attempt`); err != nil {
			return nil, s.broken(err)
		}
		return signature, nil
	}
	err = explain(s.path, err)
	if errors.Is(err, ErrUnavailable) {
		return nil, err // the whole transaction goes
	}
	for _, undo := range []string{`ROLLBACK TO attempt`, `RELEASE attempt`} {
		if _, failed := s.exec(ctx, undo); failed != nil {
			return nil, s.broken(errors.Join(err, failed))
		}
	}
	return signature, err
}

// broken says that the transaction is in no known state and has to go.
func (s *session) broken(err error) error {
	if e := unavailable(s.path, err); e != nil {
		return e
	}
	return &UnavailableError{Path: s.path, Cause: ErrIO, Err: err}
}
