package pbx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// securityLog is Asterisk's security log, which we write for it, because it would
// hold callers' numbers: security.log in its log folder, mode 0600. It is rotated
// to security.log.1 and so on, each UTC day and by size, so that a flood cannot
// fill the disk. Not for use by several goroutines at once.
type securityLog struct {
	dir  string
	log  *zap.Logger
	now  func() time.Time
	size int64 // of a file, from which on it is rotated

	file    *os.File // nil while it cannot be written
	written int64
	day     string
	failed  time.Time // when that was told
}

const (
	securityName = "security.log"
	securitySize = 5 << 20
	securityKept = 13 // rotated ones
	securityTell = time.Minute
)

// newSecurityLog makes the file at once: fail2ban does not start without.
func newSecurityLog(dir string, log *zap.Logger) *securityLog {
	l := &securityLog{dir: dir, log: log, now: time.Now, size: securitySize}
	l.tell(l.open())
	return l
}

func (l *securityLog) close() {
	if l.file != nil {
		l.tell(l.file.Close())
		l.file = nil
	}
}

// write adds an event that a thread of Asterisk's told of.
func (l *securityLog) write(e securityEvent, thread int) {
	now := l.now().UTC()
	line := fmt.Sprintf("[%s] %s[%d] res_security_log.c: %s\n", now.Format("2006-01-02T15:04:05.000-0700"), securityLevel, thread, e)
	l.tell(l.add(line, now.Format(time.DateOnly)))
}

func (l *securityLog) add(line, day string) error {
	if l.file != nil && l.written > 0 && (day != l.day || l.written+int64(len(line)) > l.size) {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	if l.written == 0 {
		l.day = day
	}
	n, err := l.file.WriteString(line)
	l.written += int64(n)
	return err
}

// open opens the file, or makes it. The folder is that of Asterisk's user, who may
// put anything there: it is never left, nor is a pipe waited for.
func (l *securityLog) open() error {
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing was written through it
	f, err := root.OpenFile(securityName, os.O_WRONLY|os.O_APPEND|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file: remove it", f.Name())
	}
	if err == nil && info.Mode().Perm() != 0o600 {
		err = f.Chmod(0o600)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.written, l.day = f, info.Size(), info.ModTime().UTC().Format(time.DateOnly)
	return nil
}

// rotate moves the file aside; the next line makes a new one.
func (l *securityLog) rotate() error {
	err := l.file.Close()
	l.file = nil
	root, rootErr := os.OpenRoot(l.dir)
	if err = errors.Join(err, rootErr); err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing was written through it
	for n := securityKept; n > 0; n-- {
		from := securityName
		if n > 1 {
			from += "." + strconv.Itoa(n-1)
		}
		if err := root.Rename(from, securityName+"."+strconv.Itoa(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// tell says that events are not kept, once a minute.
func (l *securityLog) tell(err error) {
	if now := l.now(); err != nil && now.Sub(l.failed) >= securityTell {
		l.failed = now
		l.log.Error("asterisk's security log cannot be written: what it tells of strangers is lost", zap.String("folder", l.dir), zap.Error(err))
	}
}
