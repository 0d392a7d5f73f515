// Package journal keeps what the ledger could not be told: while the database
// cannot be written, calls and their endings are appended here, and replayed
// when it can.
//
//	<dir>/journal.jsonl   what waits, an entry a line, in the order in which it came
//	<dir>/refused.jsonl   entries that no database will take, and lines that are no
//	                      entries, each with the reason; nothing reads it but people
//
// Both are of mode 0600. An entry is a JSON object with one key, begin, settle
// or end; below it stand the fields of petition's types by their Go names. No
// caller's number reaches this package, only pseudonyms.
//
// Nothing is acknowledged before it is on disk, and those who append at the same
// time share a sync. A crash may leave part of a line at the end; nobody was
// told that it was kept, so the next Open cuts it off. Space for some thousands
// of entries is reserved beforehand: a disk that is full for the database is not
// full for the journal.
package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// The files in the folder.
const (
	FileName    = "journal.jsonl"
	RefusedName = "refused.jsonl"
)

const (
	fileMode   = 0o600
	folderMode = 0o700

	// reserved is the space that is kept free for entries, of some 700 bytes each.
	reserved = 8 << 20
)

// ErrClosed says that the journal takes no more.
var ErrClosed = errors.New("journal is closed")

// Journal is the journal of one process, which owns the folder; any number of
// goroutines may use it.
type Journal struct {
	dir  string
	file *os.File
	turn chan struct{} // held by whoever writes, syncs or empties the file

	mu      sync.Mutex
	queue   []*write // not yet taken by anybody who has the turn
	size    int64    // bytes of whole entries that are on disk
	waiting int      // entries in them that are not replayed
	done    int64    // bytes of them that are
	closed  bool
}

// Open opens the journal in dir, which it makes if needed. What an earlier
// process left waits for Replay. The caller closes it.
func Open(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	path := filepath.Join(dir, FileName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{dir: dir, file: file, turn: make(chan struct{}, 1)}
	if err := j.recover(); err != nil {
		file.Close()
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	j.reserve()
	return j, nil
}

// recover counts what waits and cuts off what no crash let be finished.
func (j *Journal) recover() error {
	entries, size, err := scan(j.file)
	if err != nil {
		return err
	}
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() > size {
		if err := j.file.Truncate(size); err != nil {
			return err
		}
	}
	j.waiting, j.size = entries, size
	return errors.Join(j.file.Chmod(fileMode), j.file.Sync(), syncFolder(j.dir), syncFolder(filepath.Dir(j.dir)))
}

// reserve takes space for entries to come. Where the file system cannot, or has
// none left, they take their chance.
func (j *Journal) reserve() {
	_ = unix.Fallocate(int(j.file.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, j.size+reserved)
}

// Waiting is how many entries are to be replayed.
func (j *Journal) Waiting() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.waiting
}

// Close lets go of the file. What waits stays for the next Open.
func (j *Journal) Close() error {
	j.turn <- struct{}{}
	defer func() { <-j.turn }()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	for _, w := range j.queue {
		w.done <- ErrClosed
	}
	j.queue = nil
	return j.file.Close()
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
