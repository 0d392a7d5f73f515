package witness

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Pieces of an event log, as a backup has them and what was restored from one. A
// log is known again by its first record, whatever it was renamed to; a piece is
// named by what of the log is in it, in bytes, and never changes:
//
//	<first 16 hex digits of the record's SHA-256>/<from>-<to>.jsonl

// pieceName parts the bounds of a piece, padded so that names sort as pieces do.
const pieceName = "%015d-%015d.jsonl"

// Kept is up to where each log is in pieces, by log, in bytes.
type Kept map[string]int64

// Add takes the piece at path into account, if it is one.
func (k Kept) Add(path string) {
	from, to, found := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".jsonl"), "-")
	_, badFrom := strconv.ParseInt(from, 10, 64)
	end, badTo := strconv.ParseInt(to, 10, 64)
	if log := filepath.Base(filepath.Dir(path)); found && badFrom == nil && badTo == nil {
		k[log] = max(k[log], end)
	}
}

// Keep writes what has been added to the log, and to those it was rotated from,
// since the pieces in kept as more pieces below folder, and returns their paths
// below that. Of an Asterisk that has other calls too, only lines of ours are in
// them. A log that does not exist is an empty one; what lacks the end of its line
// comes with the next piece. Nothing is synced.
func Keep(log Log, folder string, kept Kept) (pieces []string, err error) {
	logs, err := filepath.Glob(log.Path + ".*")
	if err != nil {
		return nil, err
	}
	for _, path := range append(logs, log.Path) {
		piece, err := keepOne(path, log.Shared, folder, kept)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return pieces, fmt.Errorf("witness %s: %w", path, err)
		}
		if piece != "" {
			kept.Add(piece)
			pieces = append(pieces, piece)
		}
	}
	return pieces, nil
}

func keepOne(path string, shared bool, folder string, kept Kept) (piece string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "", err
	}
	name, err := nameOf(f)
	from := kept[name]
	if err != nil || name == "" || from >= info.Size() {
		return "", err
	}
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
		return "", err
	}
	out, err := os.CreateTemp(filepath.Join(folder, name), ".piece-")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	read, lines, err := copyLines(out, io.LimitReader(f, info.Size()-from), shared)
	if err = errors.Join(err, out.Chmod(0o400), out.Close()); err != nil || lines == 0 {
		return "", err
	}
	piece = filepath.Join(name, fmt.Sprintf(pieceName, from, from+read))
	return piece, os.Rename(out.Name(), filepath.Join(folder, piece))
}

// nameOf is what a log is known by; "" as long as it has no record.
func nameOf(f io.Reader) (string, error) {
	for in := bufio.NewReaderSize(f, 1<<12); ; {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if _, ok := parse(line); ok {
			sum := sha256.Sum256(line)
			return hex.EncodeToString(sum[:8]), nil
		}
	}
}

// copyLines copies whole lines, of a shared log ours alone. It returns how far it
// came in what it read, and how many lines it has written.
func copyLines(to io.Writer, from io.Reader, shared bool) (read int64, lines int, err error) {
	in, out := bufio.NewReaderSize(from, 1<<16), bufio.NewWriterSize(to, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return read, lines, out.Flush()
		}
		if err != nil {
			return read, lines, err
		}
		read += int64(len(line))
		if shared && !ofOurs(line) {
			continue
		}
		lines++
		if _, err := out.Write(line); err != nil {
			return read, lines, err
		}
	}
}

func ofOurs(line []byte) bool {
	event, ok := parse(line)
	if !ok {
		event, ok = parse(afterTorn(line))
	}
	return ok && strings.HasPrefix(event.Context, sharedPrefix)
}

// ImportKept copies the pieces below folder, as Import copies logs. A folder that
// does not exist has none.
func ImportKept(ctx context.Context, ledger Ledger, folder string) (lines int, err error) {
	paths, err := Pieces(folder)
	for _, path := range paths {
		n, _, err := Import(ctx, ledger, Log{Path: path})
		if lines += n; err != nil {
			return lines, err
		}
	}
	return lines, err
}

// Pieces are the paths of the pieces below folder, in their order.
func Pieces(folder string) (paths []string, err error) {
	paths, err = filepath.Glob(filepath.Join(folder, "*", "*.jsonl"))
	slices.Sort(paths)
	return paths, err
}

// Before says whether the last record of a piece, or of a log, is older than a
// moment.
func Before(path string, moment time.Time) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	const enough = 1 << 16 // for the last records, whatever lies between them
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	tail := make([]byte, min(enough, info.Size()))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	var last record
	for line := range bytes.Lines(tail) {
		if r := (record{}); json.Unmarshal(line, &r) == nil && r.EventTime > 0 {
			last = r
		}
	}
	return last.EventTime > 0 && time.Unix(int64(last.EventTime), 0).Before(moment), nil
}
