// Package datadir knows what lies where in the data folder:
//
//	data/
//	  lock             held by the one service process that owns the folder
//	  glennline.db     calls, endings, signatures (SQLite; with -wal and -shm beside it)
//	  audit.jsonl      the audit chain a second time (package audit)
//	  tombstones.jsonl calls that were erased, so that nothing of them comes back (package tombstone)
//	  copies.jsonl     what left this folder: backups, exports (package copies)
//	  journal/         calls that wait for a database that cannot be written (package journal)
//	  secret           key of the callers' pseudonyms; back it up apart from the rest
//	  secrets/         keys before it that are kept (caller.Ring); as the secret
//	  seal.key         the campaign's key, which signs exports (package seal); never in a backup
//	  seal.pub         its public half
//	  archive/         voices: 2026/11/22/<ULID>.wav, write-once
//	  quarantine/      recordings that are no usable audio; nothing here is ever deleted
//	  damaged/         databases in whose place a rebuilt one came (package rebuild)
//	  witness/         what a backup had of Asterisk's event log, after a restore (package witness)
//	  test-token       token of doctor's test call, there for a minute at most
//	  prompts/         prompts as Asterisk plays them, by content
//	  asterisk/        Asterisk's own folders, where glennline runs it (up, pbx run)
package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Dir is a data folder.
type Dir string

// ErrInUse says that another service process owns the data folder.
var ErrInUse = errors.New("data folder is in use by another glennline")

// At is the folder at a path, whether it is there or not.
func At(path string) (Dir, error) {
	abs, err := filepath.Abs(path)
	return Dir(abs), err
}

// Create makes the folder and those in it that glennline writes to.
func Create(path string) (Dir, error) {
	d, err := At(path)
	if err != nil {
		return "", err
	}
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		// Asterisk runs as an ordinary user, who must be able to pass through.
		mode = 0o711
	}
	for _, folder := range []struct {
		path string
		mode os.FileMode
	}{{string(d), mode}, {d.Archive(), 0o700}, {d.Quarantine(), 0o700}, {d.Prompts(), 0o755}} {
		if err := os.MkdirAll(folder.path, folder.mode); err != nil {
			return "", fmt.Errorf("data folder: %w: choose another with --data", err)
		}
		if err := os.Chmod(folder.path, folder.mode); err != nil {
			return "", fmt.Errorf("data folder: %w: choose another with --data", err)
		}
	}
	return d, nil
}

// Existing is a folder that a service has used before.
func Existing(path string) (Dir, error) { return having(path, Dir.Database) }

// Used is a folder that a service has used before, whatever became of its
// database.
func Used(path string) (Dir, error) { return having(path, Dir.Archive) }

// having is the folder at a path, by what must be in it.
func having(path string, what func(Dir) string) (Dir, error) {
	d, err := At(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(what(d)); errors.Is(err, fs.ErrPermission) {
		return "", fmt.Errorf("%s is not open to this user: run it as the user that owns the folder (%w)", d, err)
	} else if err != nil {
		return "", fmt.Errorf("no glennline data in %s (%w): name the folder with --data", d, errors.Unwrap(err))
	}
	return d, nil
}

// Database is the path of the SQLite database.
func (d Dir) Database() string { return filepath.Join(string(d), "glennline.db") }

// Audit is the path of the audit chain's own file.
func (d Dir) Audit() string { return filepath.Join(string(d), "audit.jsonl") }

// TestToken is the path of the token of a test call, there for a minute at most.
func (d Dir) TestToken() string { return filepath.Join(string(d), "test-token") }

// Tombstones is the path of the file of the calls that were erased.
func (d Dir) Tombstones() string { return filepath.Join(string(d), "tombstones.jsonl") }

// Copies is the path of the file that remembers backups and exports.
func (d Dir) Copies() string { return filepath.Join(string(d), "copies.jsonl") }

// Damaged is the folder of databases in whose place a rebuilt one came.
func (d Dir) Damaged() string { return filepath.Join(string(d), "damaged") }

// Secret is the path of the pseudonyms' key.
func (d Dir) Secret() string { return filepath.Join(string(d), "secret") }

// Secrets is the folder of the keys before it that are kept.
func (d Dir) Secrets() string { return filepath.Join(string(d), "secrets") }

// SealKey is the path of the campaign's key, which signs exports.
func (d Dir) SealKey() string { return filepath.Join(string(d), "seal.key") }

// SealPublic is the path of the public half of the campaign's key.
func (d Dir) SealPublic() string { return filepath.Join(string(d), "seal.pub") }

// Archive is the folder of the voices.
func (d Dir) Archive() string { return filepath.Join(string(d), "archive") }

// Journal is the folder of what waits while the database cannot be written.
func (d Dir) Journal() string { return filepath.Join(string(d), "journal") }

// Quarantine is the folder of what is no usable audio.
func (d Dir) Quarantine() string { return filepath.Join(string(d), "quarantine") }

// Witness is the folder of what a backup had of Asterisk's event log.
func (d Dir) Witness() string { return filepath.Join(string(d), "witness") }

// Prompts is the folder of the prompts as Asterisk plays them.
func (d Dir) Prompts() string { return filepath.Join(string(d), "prompts") }

// Asterisk is the folder of an Asterisk that glennline runs itself.
func (d Dir) Asterisk() string { return filepath.Join(string(d), "asterisk") }

// Spool is where that Asterisk writes recordings.
func (d Dir) Spool() string { return filepath.Join(d.Asterisk(), "spool", "recording") }

// Lock makes this process the owner of the folder until Unlock or its end.
func (d Dir) Lock() (unlock func(), err error) {
	path := filepath.Join(string(d), "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		owner := make([]byte, 32)
		n, _ := f.ReadAt(owner, 0)
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w (process %s): end that one first", ErrInUse, owner[:n])
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "%d", os.Getpid())
	}
	return func() { _ = f.Close() }, nil
}

// InUse says whether a service process owns the folder. Where that cannot be
// looked at, it may.
func (d Dir) InUse() bool {
	f, err := os.Open(filepath.Join(string(d), "lock"))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB) != nil
}
