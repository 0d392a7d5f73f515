// Package ledger writes calls to the database, and to a journal while that
// cannot be: locked by another program, mounted read-only, on a full disk. A
// caller notices nothing of it, and no ending is lost: what waits in the journal
// is replayed as soon as the database can be written again, exactly once.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"

	"glennline/petition"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
	"glennline/voicemail"
)

// How long a call waits for the database before the journal takes over. Callers
// hear ringing while theirs begins, and nothing any more when it ends.
const (
	defaultBeginTimeout = time.Second
	defaultEndTimeout   = 3 * time.Second
	defaultProbe        = time.Second
)

// EndDelay is for a line with callers: nobody waits for an ending, and a
// transaction of its own, with a sync, costs more than all that is in it.
const EndDelay = 150 * time.Millisecond

// Config says where calls are written. The timeouts have defaults if 0.
type Config struct {
	Database sqlite.Config
	Bind     func(context.Context, *sqlite.DB) error // done once with the open database; may be nil
	Journal  string                                  // its folder
	Log      *zap.Logger

	BeginTimeout time.Duration
	EndTimeout   time.Duration
	EndDelay     time.Duration // an ending may wait so long for others, to share their sync; 0 for not at all
	Probe        time.Duration // between looks whether the database can be written again
}

// Ledger is a voicemail.Ledger that does not depend on the database.
type Ledger struct {
	cfg     Config
	log     *zap.Logger
	journal *journal.Journal
	stop    context.CancelFunc
	stopped sync.WaitGroup

	mu      sync.Mutex
	db      *sqlite.DB          // nil until it could be opened
	up      bool                // db took what it was last told, and nothing waits
	calls   map[string]progress // in progress, by id
	waiting map[string]int      // how many entries wait in the journal, by the id of their call
	said    string              // what was last logged of a database that stays out of reach
}

// progress is a call that has not ended.
type progress struct {
	call      petition.Call
	journaled bool // the database has not heard of it
}

var _ voicemail.Ledger = (*Ledger)(nil)

// Open opens journal and database and replays the one into the other. A
// database that is there and cannot be written now is no error: calls go to the
// journal until it can. One that has to be looked at by somebody is, such as
// sqlite.ErrCorrupt, ErrForeign or ErrNewerSchema, or what Bind returns. The
// caller closes the ledger.
func Open(ctx context.Context, cfg Config) (*Ledger, error) {
	cfg.setDefaults()
	l := &Ledger{cfg: cfg, log: cfg.Log, calls: make(map[string]progress), waiting: make(map[string]int)}
	later := l.connect(ctx)
	if later != nil && !l.later(later) {
		return nil, later
	}
	var err error
	if l.journal, err = journal.Open(cfg.Journal); err != nil {
		return nil, errors.Join(err, l.closeDatabase())
	}
	if _, err := journal.Read(cfg.Journal, func(e journal.Entry) error {
		l.waiting[e.CallID()]++
		return nil
	}); err != nil {
		return nil, errors.Join(err, l.journal.Close(), l.closeDatabase())
	}
	if later == nil {
		l.look(ctx)
	} else {
		l.say(later)
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.stopped.Go(func() { l.watch(work) })
	return l, nil
}

func (c *Config) setDefaults() {
	for _, d := range []struct {
		is    *time.Duration
		usual time.Duration
	}{{&c.BeginTimeout, defaultBeginTimeout}, {&c.EndTimeout, defaultEndTimeout}, {&c.Probe, defaultProbe}} {
		if *d.is <= 0 {
			*d.is = d.usual
		}
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
}

// connect opens the database, if it is not.
func (l *Ledger) connect(ctx context.Context) error {
	if l.DB() != nil {
		return nil
	}
	alike(l.cfg.Database.Path)
	db, err := sqlite.Open(ctx, l.cfg.Database)
	if err != nil {
		return err
	}
	if l.cfg.Bind != nil {
		if err := l.cfg.Bind(ctx, db); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.db = db
	return nil
}

// alike gives the files beside a database its mode. SQLite makes them with that
// mode, so those that it made while the database was read-only would keep it so.
func alike(path string) {
	info, err := os.Stat(path)
	if err != nil {
		return // Open says it
	}
	for _, beside := range []string{path + "-wal", path + "-shm"} {
		if other, err := os.Lstat(beside); err == nil && other.Mode().IsRegular() && other.Mode().Perm()&^info.Mode().Perm() == 0 {
			_ = os.Chmod(beside, info.Mode().Perm())
		}
	}
}

// later says whether a database that could not be opened is sound as far as
// known, and there: then it is only a matter of time.
func (l *Ledger) later(err error) bool {
	if _, missing := os.Stat(l.cfg.Database.Path); missing != nil {
		return false // it could not be made: nothing to come back
	}
	return errors.Is(err, sqlite.ErrLocked) || errors.Is(err, sqlite.ErrReadOnly) || errors.Is(err, sqlite.ErrFull)
}

// DB is the database; nil while it could not be opened yet.
func (l *Ledger) DB() *sqlite.DB {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db
}

// Up says that the database takes rows, as far as is known.
func (l *Ledger) Up() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up
}

// Waiting is how many entries the journal holds.
func (l *Ledger) Waiting() int { return l.journal.Waiting() }

// Holds says whether the ledger knows more of a call than the database has: it
// is in progress, or waits in the journal. Nobody else must end it.
func (l *Ledger) Holds(callID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, inProgress := l.calls[callID]
	return inProgress || l.waiting[callID] > 0
}

// Close lets go of database and journal. What waits stays for the next Open.
func (l *Ledger) Close() error {
	l.stop()
	l.stopped.Wait()
	if n := l.Waiting(); n > 0 {
		l.log.Warn("entries wait in the journal for the next start", zap.Int(keyEntries, n))
	}
	return errors.Join(l.closeDatabase(), l.journal.Close())
}

func (l *Ledger) closeDatabase() error {
	if db := l.DB(); db != nil {
		if err := db.Close(); err != nil {
			return fmt.Errorf("ledger: %w", err)
		}
	}
	return nil
}

// Keys of log fields.
const (
	keyCall    = "call_id"
	keyEntries = "entries"
)
