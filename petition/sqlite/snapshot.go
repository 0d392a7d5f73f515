package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"glennline/petition"
)

// Snapshot is the ledger as it is at one moment, for several questions that have
// to agree. It holds no call back, but as long as it is open, the write-ahead log
// only grows.
type Snapshot struct {
	At      time.Time // what was committed before is in it
	Entries int64     // of the audit chain
	Head    string    // hash of the last of them; petition.AuditStart without one

	db *DB
	tx *sql.Tx
}

// Snapshot opens one. The caller closes it.
func (db *DB) Snapshot(ctx context.Context) (*Snapshot, error) {
	s := &Snapshot{At: stored(db.now()), Head: petition.AuditStart, db: db}
	var err error
	if s.tx, err = db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return nil, db.failed("read the ledger", err)
	}
	// SQLite takes its snapshot with the first read.
	err = s.tx.QueryRowContext(ctx, lastEntry).Scan(&s.Entries, &s.Head)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, errors.Join(db.failed("read the audit chain", err), s.Close())
	}
	return s, nil
}

// Close ends it, unless its context has.
func (s *Snapshot) Close() error {
	if err := s.tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}
