package journal

import (
	"context"
	"errors"
	"fmt"
)

// write is an entry on its way to the disk.
type write struct {
	line []byte
	done chan error // of capacity 1
}

// Append writes the entry and returns when it is on disk. Those who append
// while a sync is under way share the next one.
//
// When ctx ends first, the entry may or may not have been written. Any other
// error says that it was not.
func (j *Journal) Append(ctx context.Context, e Entry) error {
	line, err := e.line()
	if err != nil {
		return fmt.Errorf("journal: call %s: %w", e.CallID(), err)
	}
	w := &write{line: line, done: make(chan error, 1)}
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return ErrClosed
	}
	j.queue = append(j.queue, w)
	j.mu.Unlock()

	select {
	case err = <-w.done:
		return failed(err)
	case j.turn <- struct{}{}:
		j.flush()
		<-j.turn
		return failed(<-w.done) // it was in the queue, or somebody took it before us
	case <-ctx.Done():
		return fmt.Errorf("journal: not known whether it was written: %w", ctx.Err())
	}
}

func failed(err error) error {
	if err == nil || errors.Is(err, ErrClosed) {
		return err
	}
	return fmt.Errorf("journal: %w", err)
}

// flush writes the queue and syncs it. The caller has the turn.
func (j *Journal) flush() {
	j.mu.Lock()
	queue, size := j.queue, j.size
	j.queue = nil
	j.mu.Unlock()
	if len(queue) == 0 {
		return
	}
	var lines []byte
	for _, w := range queue {
		lines = append(lines, w.line...)
	}
	err := j.put(lines, size)
	if err == nil {
		j.mu.Lock()
		j.size += int64(len(lines))
		j.waiting += len(queue)
		j.mu.Unlock()
	}
	for _, w := range queue {
		w.done <- err
	}
}

// put brings bytes to disk at the end of the file, or leaves none there.
func (j *Journal) put(lines []byte, end int64) error {
	_, err := j.file.WriteAt(lines, end)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		// Not a byte of it may stay: part of a line would spoil the next.
		return errors.Join(err, j.file.Truncate(end))
	}
	return nil
}
