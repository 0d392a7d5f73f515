package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glennline/voicemail/wav"
)

// spooled is a recording in Asterisk's spool, open for reading.
type spooled struct {
	*os.File
	path string
	stat fs.FileInfo
	info wav.Info
}

// openSpooled opens a recording that nobody writes to any more, and waits for
// that for a little while. The caller closes it.
func (a *Archive) openSpooled(ctx context.Context, path string) (*spooled, error) {
	f, _, err := wav.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("recording: run asterisk as this user, or let this user read what it records: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	s := &spooled{File: f, path: path}
	if err := s.settle(ctx, a.settle); err != nil {
		f.Close()
		return nil, err
	}
	if s.stat, err = f.Stat(); err == nil {
		s.info, err = wav.InspectFrom(f, s.stat.Size())
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("recording %s: %w", path, err)
	}
	return s, nil
}

// settle waits until nobody has the file open for writing. A caller's hang-up
// is known before Asterisk has written the rest of the file and the sizes in
// its header.
func (s *spooled) settle(ctx context.Context, patience time.Duration) error {
	if !s.written() {
		return nil
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("recording %s: %w", s.path, ctx.Err())
		case <-deadline.C:
			return s.busy()
		case <-again.C:
			if !s.written() {
				return nil
			}
		}
	}
}

func (s *spooled) busy() error {
	return fmt.Errorf("recording %s: archive it when its call has ended and asterisk has closed it: %w", s.path, ErrBusy)
}

// written reports whether somebody has the file open for writing. The kernel
// grants a lease for reading only if nobody has (fcntl(2), F_SETLEASE); it is
// given back at once. Where leases cannot be had, the answer is no.
func (s *spooled) written() bool {
	_, err := unix.FcntlInt(s.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, err = unix.FcntlInt(s.Fd(), unix.F_SETLEASE, unix.F_UNLCK)
	}
	return errors.Is(err, unix.EAGAIN)
}

// unchanged reports whether the file is still what it was when it was opened.
func (s *spooled) unchanged() error {
	now, err := s.Stat()
	if err != nil {
		return err
	}
	if now.Size() != s.stat.Size() || !now.ModTime().Equal(s.stat.ModTime()) {
		return s.busy()
	}
	return nil
}
