package pbx

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// errLocked says that another process holds a lock.
var errLocked = errors.New("locked")

// lock takes an exclusive lock on a file, or returns errLocked. It is let go
// when the last descriptor of this opening is closed: ours by Close, or those
// of children that inherited it by their end, however they end (flock(2)).
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = errLocked
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return f, nil
}

// lockSupervisor keeps a second glennline from supervising the same Asterisk.
// The file tells who holds it.
func lockSupervisor(path string) (*os.File, error) {
	f, err := lock(path)
	if errors.Is(err, errLocked) {
		holder, _ := os.ReadFile(path) // only for the message
		return nil, fmt.Errorf("%w (process %s)", ErrSupervised, strings.TrimSpace(string(holder)))
	}
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
