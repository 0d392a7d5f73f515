package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"glennline/petition"
)

// DefaultBusyTimeout is how long a call waits for another program's transaction
// before its row goes elsewhere. The caller hears ringing meanwhile.
const DefaultBusyTimeout = 2 * time.Second

// Config says where the database is and how it is used.
type Config struct {
	Path string // of the file; its folder must exist
	Log  *zap.Logger

	// BusyTimeout is the longest wait for a lock that another program holds;
	// DefaultBusyTimeout if 0.
	BusyTimeout time.Duration
	// ReadOnly is for commands that only look: nothing is made, migrated or
	// written.
	ReadOnly bool
	// Audited is called after a commit that brought entries to the audit chain,
	// by the goroutine that writes; nil for nothing.
	Audited func()
	// Thresholds say what a recording counts for by itself; those of the default
	// if zero.
	Thresholds petition.Thresholds
	// Now is the clock for what is dated by its writing; time.Now if nil.
	Now func() time.Time
}

// DB is an open ledger, for use by any number of goroutines.
type DB struct {
	path    string
	log     *zap.Logger
	now     func() time.Time
	audited func()
	rule    petition.Thresholds
	readers *sql.DB
	writer  *writer // nil if opened ReadOnly
	closed  func() error
}

// Open opens the database of the ledger and makes or migrates it if needed. The
// caller closes it.
//
// It refuses, and leaves as it is, a file that is empty, cut, damaged or no
// database (ErrCorrupt; see Check for damage in a large one), one that cannot be
// written (ErrReadOnly) or that another program made (ErrForeign), and one of a
// newer version (ErrNewerSchema). ReadOnly, a missing file is ErrNoDatabase and
// one of an older version ErrOlderSchema.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, err
	}
	db := &DB{path: path, log: cfg.Log, now: cfg.Now, audited: cfg.Audited, rule: cfg.Thresholds.Or()}
	db.closed = sync.OnceValue(db.close)
	if db.log == nil {
		db.log = zap.NewNop()
	}
	if db.now == nil {
		db.now = time.Now
	}
	busy := cfg.BusyTimeout
	if busy <= 0 {
		busy = DefaultBusyTimeout
	}
	if err := db.find(ctx, cfg.ReadOnly, busy); err != nil {
		return nil, err
	}
	if err := db.connect(ctx, cfg.ReadOnly, busy); err != nil {
		return nil, errors.Join(explain(path, err), db.Close())
	}
	return db, nil
}

// find makes sure that there is a database of ours.
func (db *DB) find(ctx context.Context, readOnly bool, busy time.Duration) error {
	err := inspect(db.path)
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case readOnly:
		return fmt.Errorf("%s does not exist; check the folder of the data, or start the service, which makes it: %w", db.path, ErrNoDatabase)
	}
	err = create(filepath.Dir(db.path), filepath.Base(db.path), func(path string) error {
		pool, err := sql.Open("sqlite3", building().name(path, busy))
		if err != nil {
			return err
		}
		_, version, err := migrate(ctx, path, pool)
		if err == nil {
			db.log.Info("database made", zap.String("path", db.path), zap.Int64("schema", version))
		}
		return errors.Join(err, pool.Close())
	})
	if err != nil {
		return fmt.Errorf("make the database %s: %w", db.path, explain(db.path, err))
	}
	return inspect(db.path)
}

func (db *DB) connect(ctx context.Context, readOnly bool, busy time.Duration) error {
	if !readOnly {
		if err := unwritable(db.path); err != nil {
			return &UnavailableError{Path: db.path, Cause: ErrReadOnly, Err: err}
		}
		if err := tighten(db.path); err != nil {
			return &UnavailableError{Path: db.path, Cause: ErrReadOnly, Err: err}
		}
		w, err := db.openWriter(ctx, busy)
		if err != nil {
			return err
		}
		db.writer = w
	}
	readers, err := sql.Open("sqlite3", reading(readOnly && Sealed(db.path)).name(db.path, busy))
	if err != nil {
		return err
	}
	readers.SetMaxOpenConns(8)
	db.readers = readers
	return sameSchema(ctx, db.path, readers)
}

// openWriter connects, migrates and starts the writer.
func (db *DB) openWriter(ctx context.Context, busy time.Duration) (*writer, error) {
	pool, err := sql.Open("sqlite3", writing().name(db.path, busy))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	if err := quickCheck(ctx, db.path, pool); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	from, to, err := migrate(ctx, db.path, pool)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	if from != to {
		db.log.Info("database migrated", zap.String("path", db.path), zap.Int64("from", from), zap.Int64("to", to))
	}
	w, err := startWriter(ctx, db.path, pool, db.rule, db.audited)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return w, nil
}

// Close writes what is asked for already, then closes the database. Requests
// that come later are ErrClosed. Closing again does nothing.
func (db *DB) Close() error {
	return db.closed()
}

func (db *DB) close() error {
	var errs []error
	if db.readers != nil {
		errs = append(errs, db.readers.Close())
	}
	if db.writer != nil { // last, so that its connection folds the -wal into the file
		errs = append(errs, db.writer.close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the database %s: %w", db.path, err)
	}
	return nil
}
