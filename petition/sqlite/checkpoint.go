package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	// checkpointEvery is after how many changes the write-ahead log is folded into
	// the database: some 2000 pages, about 8 MB.
	checkpointEvery = 200
	// checkpointAtLast is at how many pages a commit does so itself, as SQLite would
	// at 1000: nobody else has managed to.
	checkpointAtLast = 32000
)

// checkpointer folds the write-ahead log into the database beside the writer. In
// the writer, as SQLite has it, each thousandth page would let one commit, and
// whoever waits behind it to be answered, wait until a thousand pages are
// written and synced twice.
type checkpointer struct {
	pool    *sql.DB
	due     chan struct{} // of capacity 1
	cancel  context.CancelFunc
	stopped chan struct{}
	changes int // since it was last due; of the writer's goroutine
}

// startCheckpointer has a connection of its own, which it makes when it first
// needs it. Whoever starts it closes it.
func startCheckpointer(ctx context.Context, path string) (*checkpointer, error) {
	// Whom it meets at the lock it lets pass: it comes again.
	pool, err := sql.Open("sqlite3", writing().name(path, 100*time.Millisecond))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	ctx, cancel := context.WithCancel(ctx)
	c := &checkpointer{pool: pool, due: make(chan struct{}, 1), cancel: cancel, stopped: make(chan struct{})}
	go c.run(ctx)
	return c, nil
}

// changed counts what was committed.
func (c *checkpointer) changed(n int) {
	if c.changes += n; c.changes < checkpointEvery {
		return
	}
	c.changes = 0
	select {
	case c.due <- struct{}{}:
	default: // it is at it
	}
}

func (c *checkpointer) run(ctx context.Context) {
	defer close(c.stopped)
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.due:
		}
		// What fails here, the disk being full or the database locked, is tried again,
		// and at last is the writer's, who says so.
		if c.fold(ctx, "PASSIVE") == nil {
			_ = c.fold(ctx, "RESTART")
		}
	}
}

// fold does the work as PASSIVE, which waits for nobody and lets nobody wait.
// RESTART then folds what came meanwhile, in which no commit can come between, so
// that the log is written from its beginning again: one that grows costs more.
func (c *checkpointer) fold(ctx context.Context, mode string) error {
	_, err := c.pool.ExecContext(ctx, `PRAGMA wal_checkpoint(`+mode+`)`)
	return err
}

func (c *checkpointer) close() error {
	c.cancel()
	<-c.stopped
	return c.pool.Close()
}

// leaveCheckpoints makes the commits of a connection leave them to the
// checkpointer.
func leaveCheckpoints(ctx context.Context, conn *sql.Conn) error {
	var pages int
	err := conn.QueryRowContext(ctx, fmt.Sprintf(`PRAGMA wal_autocheckpoint = %d`, checkpointAtLast)).Scan(&pages)
	if err == nil && pages != checkpointAtLast {
		err = errors.New("PRAGMA wal_autocheckpoint was not taken")
	}
	return err
}
