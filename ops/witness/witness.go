// Package witness copies Asterisk's own event log into the ledger's database,
// so that both can be joined there, and finds in it what a call was. The log is
// lines of JSON that cel_custom writes; it may be rotated at any time.
package witness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// Log is an event log of Asterisk's.
type Log struct {
	Path string // "" for none
	// Shared says that the Asterisk has other calls than ours: then ours are those
	// whose context in the dialplan begins with sharedPrefix, as in the fragment
	// that 'glennline pbx render' writes. The others are passed over.
	Shared bool
}

// sharedPrefix stands before the names of our contexts in a dialplan that is not
// ours alone. It is not copied.
const sharedPrefix = "glennline-"

// Ledger is where the records go.
type Ledger interface {
	WitnessOffset(ctx context.Context, path string, inode uint64) (int64, error)
	ImportWitness(ctx context.Context, log sqlite.WitnessLog, events []petition.ChannelEvent) error
}

// batch is how many lines share a transaction.
const batch = 2000

// Import copies what has been added to the log since it was last copied, and
// to those it was rotated from (path.1, path.2 and so on). It returns how many
// lines were new, and how many of them were no records: a line that Asterisk
// did not live to finish. A log that does not exist is an empty one.
func Import(ctx context.Context, ledger Ledger, log Log) (lines, unreadable int, err error) {
	logs, err := filepath.Glob(log.Path + ".*")
	if err != nil {
		return 0, 0, err
	}
	slices.Sort(logs)
	slices.Reverse(logs)
	for _, path := range append(logs, log.Path) {
		n, bad, err := importOne(ctx, ledger, path, log)
		lines, unreadable = lines+n, unreadable+bad
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return lines, unreadable, fmt.Errorf("witness %s: %w", path, err)
		}
	}
	return lines, unreadable, nil
}

// Behind is how many bytes of the log, and of those it was rotated from, have
// not been copied.
func Behind(ctx context.Context, ledger Ledger, log Log) (bytes int64, err error) {
	logs, err := filepath.Glob(log.Path + ".*")
	if err != nil {
		return 0, err
	}
	for _, path := range append(logs, log.Path) {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return bytes, fmt.Errorf("witness %s: %w", path, err)
		}
		offset, err := ledger.WitnessOffset(ctx, log.Path, info.Sys().(*syscall.Stat_t).Ino)
		if err != nil {
			return bytes, err
		}
		if offset > info.Size() {
			offset = 0 // emptied in place
		}
		bytes += info.Size() - offset
	}
	return bytes, nil
}

func importOne(ctx context.Context, ledger Ledger, path string, from Log) (lines, unreadable int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	log := sqlite.WitnessLog{Path: from.Path, Inode: info.Sys().(*syscall.Stat_t).Ino}
	if log.Offset, err = ledger.WitnessOffset(ctx, log.Path, log.Inode); err != nil {
		return 0, 0, err
	}
	if log.Offset > info.Size() {
		log.Offset = 0 // emptied in place
	}
	if _, err := f.Seek(log.Offset, io.SeekStart); err != nil {
		return 0, 0, err
	}
	in := bufio.NewReaderSize(f, 1<<16)
	var events []petition.ChannelEvent
	copied := log.Offset
	flush := func() error {
		if log.Offset == copied {
			return nil
		}
		err := ledger.ImportWitness(ctx, log, events)
		events, copied = events[:0], log.Offset
		return err
	}
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return lines, unreadable, flush() // the rest of a line comes later, or never
		}
		if err != nil {
			return lines, unreadable, err
		}
		log.Offset += int64(len(line))
		lines++
		event, ok := parse(line)
		if !ok {
			event, ok = parse(afterTorn(line))
		}
		if !ok {
			unreadable++
			continue
		}
		var prefixed bool
		if event.Context, prefixed = strings.CutPrefix(event.Context, sharedPrefix); from.Shared && !prefixed {
			continue
		}
		if events = append(events, event); len(events) >= batch {
			if err := flush(); err != nil {
				return lines, unreadable, err
			}
		}
	}
}

// record is a line as asterisk-conf has it written.
type record struct {
	EventType string  `json:"eventtype"`
	EventTime float64 `json:"eventtime"` // unix seconds
	UniqueID  string  `json:"uniqueid"`
	Context   string  `json:"context"`
}

// afterTorn is the record that a new Asterisk wrote behind one that its
// predecessor did not live to finish.
func afterTorn(line []byte) []byte {
	if i := bytes.LastIndex(bytes.ToLower(line), []byte(`{"eventtype"`)); i > 0 {
		return line[i:]
	}
	return nil
}

func parse(line []byte) (petition.ChannelEvent, bool) {
	var r record
	if err := json.Unmarshal(line, &r); err != nil || r.UniqueID == "" || r.EventTime <= 0 {
		return petition.ChannelEvent{}, false
	}
	kind := petition.ChannelEventKind(r.EventType)
	switch kind {
	case petition.ChannelStarted, petition.ChannelAnswered, petition.ChannelHungUp:
	default:
		return petition.ChannelEvent{}, false
	}
	seconds, part := math.Modf(r.EventTime)
	return petition.ChannelEvent{
		Kind:     kind,
		UniqueID: r.UniqueID,
		At:       time.Unix(int64(seconds), int64(part*1e9)).UTC(),
		Context:  r.Context,
	}, true
}
