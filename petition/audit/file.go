// Package audit keeps and proves the audit chain: what was done to signatures
// and with them, by whom, each entry with the hash of the one before.
//
// The chain lies in the database, where it grows in the transaction of what it
// tells of, and a second time in a file of its own, an entry a line as JSON:
//
//	audit.jsonl    mode 0600; only ever appended to, and synced
//
// The file follows the database. After a crash it may lack the last entries,
// which come with the next; it never has one that the database lacks.
package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"glennline/petition"
)

// ErrBroken says that the chain does not fit.
var ErrBroken = errors.New("the audit chain does not fit")

// Source is where the chain lies first.
type Source interface {
	// AuditSince gives the entries after the one with the number, in order.
	AuditSince(ctx context.Context, seq int64, found func(e petition.AuditEntry, salt, free string) error) error
}

// tailLength is how much of the file's end is read to find its last line.
const tailLength = 64 << 10

// Follow appends to the file at path what the database has more, and syncs it.
// Any number of processes may do so at once. A line that a crash left half is
// completed; a file that has another chain, or more of it, is ErrBroken and is
// left as it is.
func Follow(ctx context.Context, db Source, path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if empty, err := none(ctx, db); err != nil || empty {
			return err
		}
	}
	f, made, err := open(path)
	if err != nil {
		return fmt.Errorf("audit file: %w", err)
	}
	defer f.Close()
	last, end, err := tail(f)
	if err != nil {
		return fmt.Errorf("audit file %s: %w", path, err)
	}
	var lines bytes.Buffer
	size, previous := end, petition.AuditStart
	if last.Seq > 0 {
		previous = last.Hash
	}
	flush := func() error {
		n, err := f.WriteAt(lines.Bytes(), size)
		size += int64(n)
		lines.Reset()
		return err
	}
	err = db.AuditSince(ctx, last.Seq, func(e petition.AuditEntry, _, _ string) error {
		if e.Previous != previous {
			return fmt.Errorf("%s has another entry %d than the database; run glennline audit verify: %w", path, last.Seq, ErrBroken)
		}
		previous = e.Hash
		lines.Write(append(e.Line(), '\n'))
		if lines.Len() > 1<<20 {
			return flush()
		}
		return nil
	})
	if err == nil && lines.Len() > 0 {
		err = flush()
	}
	if err == nil && size > end {
		err = f.Sync()
	}
	if err == nil && made {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("audit file: %w", err)
	}
	return nil
}

// none is whether the chain has no entry.
func none(ctx context.Context, db Source) (bool, error) {
	one := errors.New("there is one")
	err := db.AuditSince(ctx, 0, func(petition.AuditEntry, string, string) error { return one })
	if errors.Is(err, one) {
		return false, nil
	}
	return err == nil, err
}

// open opens and locks the file, and says whether it was made. The lock ends
// with the file.
func open(path string) (_ *os.File, made bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		made = true
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	}
	if err != nil {
		return nil, false, err
	}
	if err := errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_EX), sameOwner(f, filepath.Dir(path), made)); err != nil {
		return nil, false, errors.Join(err, f.Close())
	}
	return f, made, nil
}

// sameOwner gives a file that root made to whom the folder belongs: the service
// has to append to it.
func sameOwner(f *os.File, dir string, made bool) error {
	if !made || os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return f.Chown(int(owner.Uid), int(owner.Gid))
}

// tail is the file's last whole entry, and where it ends; what a crash left
// after it is cut off by writing over it, since it is shorter than its entry.
func tail(f *os.File) (last petition.AuditEntry, end int64, err error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return last, 0, err
	}
	from := max(0, info.Size()-tailLength)
	raw := make([]byte, info.Size()-from)
	if _, err := f.ReadAt(raw, from); err != nil && !errors.Is(err, io.EOF) {
		return last, 0, err
	}
	stop := bytes.LastIndexByte(raw, '\n')
	if stop < 0 {
		if from > 0 {
			return last, 0, fmt.Errorf("its last line is too long: %w", ErrBroken)
		}
		return last, 0, nil
	}
	line := raw[bytes.LastIndexByte(raw[:stop], '\n')+1 : stop]
	if err := json.Unmarshal(line, &last); err != nil || last.Seq < 1 {
		return last, 0, fmt.Errorf("its last line is no entry; run glennline audit verify: %w", ErrBroken)
	}
	return last, from + int64(stop) + 1, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
