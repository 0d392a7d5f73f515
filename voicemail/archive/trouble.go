package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// archiveError is trouble on the archive's side.
type archiveError struct {
	dir string
	err error
}

func (e *archiveError) Error() string {
	return fmt.Sprintf("%s must be writable for this user and have space left; the recording stays where it is: %v", e.dir, e.err)
}

// Unwrap hides that a file does not exist: Keep says that of recordings alone.
func (e *archiveError) Unwrap() error {
	if errors.Is(e.err, fs.ErrNotExist) {
		return nil
	}
	return e.err
}

// trouble wraps what went wrong in the archive's folders.
func (a *Archive) trouble(err error) error {
	if err == nil || errors.Is(err, ErrExists) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &archiveError{a.dir, err}
}
