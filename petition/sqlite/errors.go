package sqlite

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/mattn/go-sqlite3"
)

// ErrUnavailable says that the database as a whole cannot be written or read
// now, whatever was asked of it. What was to be written can go elsewhere and
// be written later with Settle. Every such error also is one of those below,
// which say why, and wraps what SQLite said.
var ErrUnavailable = errors.New("database unavailable")

// Why a database is unavailable.
var (
	ErrLocked   = errors.New("locked by another program for longer than the busy timeout")
	ErrReadOnly = errors.New("cannot be written")
	ErrDenied   = errors.New("not open to this user")
	ErrFull     = errors.New("no space left")
	ErrCorrupt  = errors.New("damaged")
	ErrMoved    = errors.New("moved, replaced or removed while it was open")
	ErrIO       = errors.New("input or output error")
	ErrClosed   = errors.New("closed")
)

// Why a database is not opened.
var (
	ErrNoDatabase  = errors.New("no database")
	ErrForeign     = errors.New("database of another program")
	ErrNewerSchema = errors.New("database of a newer version")
	ErrOlderSchema = errors.New("database of an older version")
	ErrOtherSecret = errors.New("another secret")
)

// What may be wrong with a request alone.
var (
	ErrInvalid      = errors.New("row refused")        // the schema does not allow it
	ErrNotBegun     = errors.New("call was not begun") // End without Begin; Settle does both
	ErrAlreadyEnded = errors.New("call has ended")     // with another closing than this one
	ErrOtherCall    = errors.New("id of another call") // two calls, one id
	ErrNotFound     = errors.New("no such call")
	ErrAmbiguous    = errors.New("several calls match")
)

// UnavailableError is what ErrUnavailable comes as.
type UnavailableError struct {
	Path  string // the database
	Cause error  // one of ErrLocked, ErrReadOnly, ErrDenied, ErrFull, ErrCorrupt, ErrMoved, ErrIO, ErrClosed
	Err   error  // what was met, nil if Cause says it all
}

func (e *UnavailableError) Error() string {
	text := e.Path + ": " + e.Cause.Error()
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	if hint := hints[e.Cause]; hint != "" {
		text += "; " + hint
	}
	return text
}

// Unwrap makes errors.Is find ErrUnavailable, the cause and SQLite's error.
func (e *UnavailableError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrUnavailable, e.Cause}
	}
	return []error{ErrUnavailable, e.Cause, e.Err}
}

var hints = map[error]string{
	ErrLocked:   "see with fuser which program holds it and let that finish",
	ErrReadOnly: "check the owner and mode of the file and its folder, and that the disk is mounted for writing",
	ErrDenied:   "run it as the user that owns the file",
	ErrFull:     "free some space on its disk",
	ErrCorrupt:  "recordings in the archive are not affected",
	ErrMoved:    "start again, so that the file that is there now is used",
	ErrIO:       "look for disk errors in the system log",
}

// unavailable is nil if err is not about the database as a whole.
func unavailable(path string, err error) *UnavailableError {
	var met sqlite3.Error
	if !errors.As(err, &met) {
		return nil
	}
	e := &UnavailableError{Path: path, Err: err}
	if met.Code == sqlite3.ErrCantOpen && errors.Is(met.SystemErrno, fs.ErrPermission) {
		e.Cause = ErrDenied // of the file, its folder, or the -wal and -shm beside it
		return e
	}
	switch met.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		e.Cause = ErrLocked
	case sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrAuth:
		e.Cause = ErrReadOnly
	case sqlite3.ErrFull:
		e.Cause = ErrFull
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		e.Cause = ErrCorrupt
	case sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrNomem, sqlite3.ErrProtocol, sqlite3.ErrNoLFS:
		e.Cause = ErrIO
	default:
		return nil
	}
	return e
}

// explain gives what SQLite said the meaning it has here.
func explain(path string, err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) {
		return err
	}
	if e := unavailable(path, err); e != nil {
		return e
	}
	if met, ok := errors.AsType[sqlite3.Error](err); ok {
		switch met.Code {
		case sqlite3.ErrConstraint, sqlite3.ErrMismatch, sqlite3.ErrTooBig:
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return err
}
