package journal

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// replayBatch is how many entries are handed over at a time.
const replayBatch = 512

// Replay hands what waits to apply, in order and in batches, and forgets a batch
// when apply returns nil: then all of it must be in the database, or have been
// given to Refuse. An error of apply ends the replay and is returned; the batch
// waits for the next one, so apply must bear being given an entry again. After a
// crash everything comes again that came since the journal was last empty.
//
// Entries that are appended meanwhile are replayed too. One goroutine at a time
// may replay.
func (j *Journal) Replay(ctx context.Context, apply func(context.Context, []Entry) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, end, err := j.next()
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		if end == 0 {
			if empty, err := j.empty(); err != nil {
				return fmt.Errorf("journal: %w", err)
			} else if empty {
				return nil
			}
			continue
		}
		if len(batch) > 0 {
			if err := apply(ctx, batch); err != nil {
				return err
			}
		}
		j.mu.Lock()
		j.done = end
		j.waiting -= len(batch)
		j.mu.Unlock()
	}
}

// next reads the entries that come now, and where the next ones begin; 0 if
// there are none.
func (j *Journal) next() (batch []Entry, end int64, err error) {
	j.mu.Lock()
	at, size := j.done, j.size
	j.mu.Unlock()
	if at == size {
		return nil, 0, nil
	}
	in := bufio.NewReaderSize(io.NewSectionReader(j.file, at, size-at), 1<<16)
	for len(batch) < replayBatch {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // sizes end with a line
		}
		if err != nil {
			return nil, 0, err
		}
		e, err := parse(line)
		if err != nil {
			if len(batch) > 0 {
				break // it is dealt with when it is the first, so that it is only once
			}
			return nil, at + int64(len(line)), j.refuse(line, err)
		}
		at += int64(len(line))
		batch = append(batch, e)
	}
	return batch, at, nil
}

// empty makes the file as good as new, unless something was appended.
func (j *Journal) empty() (bool, error) {
	j.turn <- struct{}{}
	defer func() { <-j.turn }()
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed:
		return false, ErrClosed
	case j.done != j.size:
		return false, nil
	case j.size == 0:
		return true, nil
	}
	if err := j.file.Truncate(0); err != nil {
		return false, err
	}
	// Should it come back after a crash, replaying it again does no harm.
	err := j.file.Sync()
	j.size, j.done, j.waiting = 0, 0, 0
	j.reserve()
	return true, err
}

// refused is a line of refused.jsonl.
type refused struct {
	At     time.Time       `json:"at"`
	Reason string          `json:"reason"`
	Entry  json.RawMessage `json:"entry,omitempty"`
	Line   string          `json:"line,omitempty"` // where it is no JSON
}

// Refuse puts an entry that no database will take aside, for people to look at.
func (j *Journal) Refuse(e Entry, reason error) error {
	line, err := e.line()
	if err != nil {
		return err
	}
	return j.refuse(line, reason)
}

func (j *Journal) refuse(line []byte, reason error) (err error) {
	r := refused{At: time.Now().UTC().Truncate(time.Second), Reason: reason.Error()}
	if json.Valid(line) {
		r.Entry = line
	} else {
		r.Line = string(line)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(j.dir, RefusedName), os.O_WRONLY|os.O_APPEND|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(append(text, '\n')); err != nil {
		return err
	}
	return errors.Join(f.Sync(), syncFolder(j.dir))
}
