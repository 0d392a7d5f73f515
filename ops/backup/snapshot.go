package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"

	"glennline/petition/sqlite"
)

// snapshot copies what changes, and opens the copy of the database to read from.
func (r *run) snapshot(ctx context.Context) error {
	state := filepath.Join(r.to, r.state)
	if err := copyLogs(r.Dir.Journal(), filepath.Join(state, "journal"), "*.jsonl"); err != nil {
		return fmt.Errorf("copy the journal: %w", err)
	}
	// The file of the audit chain follows the database: it must not be ahead.
	if err := copyLogs(string(r.Dir), state, filepath.Base(r.Dir.Audit())); err != nil {
		return fmt.Errorf("copy the audit chain: %w", err)
	}
	if err := copyLogs(string(r.Dir), state, filepath.Base(r.Dir.Copies())); err != nil {
		return fmt.Errorf("copy what is known of backups and exports: %w", err)
	}
	path := filepath.Join(state, databaseName)
	if err := ours(ctx, r.Dir.Database()); err != nil {
		return err
	}
	if err := copyDatabase(ctx, r.Dir.Database(), path); err != nil {
		return fmt.Errorf("copy the database: %w", explain(r.Dir.Database(), err))
	}
	if err := r.witness(); err != nil {
		return fmt.Errorf("copy Asterisk's event log: %w", err)
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path, ReadOnly: true})
	if err != nil {
		return damagedBefore(err)
	}
	if err := r.judge(ctx, db); err != nil {
		return errors.Join(err, db.Close())
	}
	r.db = db
	return nil
}

// ours makes sure that there is a database which this version reads.
func ours(ctx context.Context, path string) error {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path, ReadOnly: true})
	if err != nil {
		return err
	}
	return db.Close()
}

// explain gives what SQLite said of the source the meaning it has there.
func explain(path string, err error) error {
	met, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return err
	}
	switch met.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return &sqlite.UnavailableError{Path: path, Cause: sqlite.ErrCorrupt, Err: err}
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return &sqlite.UnavailableError{Path: path, Cause: sqlite.ErrLocked, Err: err}
	}
	return err
}

// judge refuses a copy that must not take the place of the one before.
func (r *run) judge(ctx context.Context, db *sqlite.DB) error {
	if err := db.Check(ctx); err != nil {
		return damagedBefore(err)
	}
	counts, err := db.Counts(ctx)
	if err != nil {
		return err
	}
	m := &r.report.Manifest
	if m.SecretID, err = db.SecretID(ctx); err != nil {
		return err
	}
	m.Calls = counts.Calls
	for _, n := range counts.Statuses {
		m.Signatures += n
	}
	if r.before != nil && m.Calls < r.before.Calls {
		return fmt.Errorf("%w (%d, and %d): look whether it is the right one; where it is, name another folder with --to",
			ErrFewer, m.Calls, r.before.Calls)
	}
	return nil
}

// damagedBefore says what an error of looking at the copy means: damage is damage
// of what was copied, and being told to end is none.
func damagedBefore(err error) error {
	if errors.Is(err, sqlite.ErrCorrupt) {
		return fmt.Errorf("the database was damaged before it was copied; the backup before stays: %w", err)
	}
	return fmt.Errorf("look at the copy of the database; the backup before stays: %w", err)
}

// pagesAStep bounds how long a copy cannot be cancelled.
const pagesAStep = 4096

// copyDatabase copies a database in use as it is at one moment. It holds nobody
// back: in a write-ahead log, those who read and those who write do not meet.
func copyDatabase(ctx context.Context, from, to string) error {
	values := url.Values{"mode": {"ro"}, "_busy_timeout": {"5000"}}
	if sqlite.Sealed(from) {
		values.Set("immutable", "1")
	}
	source, err := connect(ctx, from, values)
	if err != nil {
		return err
	}
	defer source.close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	target, err := connect(ctx, to, url.Values{"mode": {"rw"}, "_synchronous": {"OFF"}}) // the whole is synced at the end
	if err != nil {
		return err
	}
	defer target.close()
	// Within one transaction nobody's commit makes the copy begin anew.
	var tables int
	if _, err := source.conn.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	if err := source.conn.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	err = source.conn.Raw(func(s any) error {
		return target.conn.Raw(func(t any) error {
			return copyPages(ctx, t.(*sqlite3.SQLiteConn), s.(*sqlite3.SQLiteConn))
		})
	})
	if err != nil {
		return err
	}
	// One file, without a log beside it.
	var mode string
	if err := target.conn.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode); err != nil {
		return err
	}
	if mode != "delete" {
		return fmt.Errorf("the copy keeps journal mode %s", mode)
	}
	return nil
}

func copyPages(ctx context.Context, to, from *sqlite3.SQLiteConn) (err error) {
	b, err := to.Backup("main", from, "main")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Finish()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err := b.Step(pagesAStep); err != nil || done {
			return err
		}
	}
}

// connection is one connection to a database.
type connection struct {
	pool *sql.DB
	conn *sql.Conn
}

func connect(ctx context.Context, path string, values url.Values) (connection, error) {
	uri := url.URL{Scheme: "file", Path: path, RawQuery: values.Encode()}
	pool, err := sql.Open("sqlite3", uri.String())
	if err != nil {
		return connection{}, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return connection{}, errors.Join(err, pool.Close())
	}
	return connection{pool, conn}, nil
}

func (c connection) close() {
	_ = c.conn.Close()
	_ = c.pool.Close()
}

// copyLogs copies files that only grow, as far as they are now.
func copyLogs(from, to, pattern string) error {
	paths, err := filepath.Glob(filepath.Join(from, pattern))
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := os.MkdirAll(to, folderMode); err != nil {
			return err
		}
		if err := copyLog(path, filepath.Join(to, filepath.Base(path))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func copyLog(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, io.LimitReader(in, info.Size()))
	return err
}
