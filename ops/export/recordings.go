package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glennline/ops/seal"
	"glennline/petition/sqlite"
)

// Condition is how a recording is.
type Condition int

// The conditions.
const (
	There   Condition = iota
	Missing           // its file is gone
	Damaged           // its file is not what was archived
	Removed           // its time was over
)

// Recordings looks at the recording of a row, and does with it what is to be
// done. Its error ends the export.
type Recordings func(ctx context.Context, row *sqlite.ExportRow) (Condition, error)

// doubtDamaged is what reconcile writes to a signature whose recording is not
// what was archived. The file was moved aside then.
const doubtDamaged = "damaged"

// Presence looks whether the files are there, below the folder of the archive. That
// one is damaged it knows where reconcile has found it. close is called at the
// end.
func Presence(archive string) (look Recordings, close func()) {
	p := &presence{archive: archive, fd: -1}
	return p.look, p.close
}

// presence keeps the folder of the last recording open: those of one day follow
// each other, and the way to each is short then.
type presence struct {
	archive string
	folder  string // below the archive; of fd
	fd      int    // -1 where the folder is not there
	open    bool
}

func (p *presence) look(_ context.Context, row *sqlite.ExportRow) (Condition, error) {
	if row.Purged {
		return Removed, nil
	}
	folder, name := path.Split(row.Path)
	if !p.open || folder != p.folder {
		if err := p.enter(folder); err != nil {
			return There, fmt.Errorf("recording of %s: %w", row.ID, err)
		}
	}
	if p.fd < 0 {
		return absent(row), nil
	}
	var stat unix.Stat_t
	err := unix.Fstatat(p.fd, name, &stat, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent(row), nil
	case err != nil:
		return There, fmt.Errorf("recording of %s: %w", row.ID, err)
	case stat.Mode&unix.S_IFMT != unix.S_IFREG, row.Doubt == doubtDamaged:
		return Damaged, nil
	}
	return There, nil
}

func (p *presence) enter(folder string) error {
	p.close()
	fd, err := unix.Open(filepath.Join(p.archive, filepath.FromSlash(folder)), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		fd, err = -1, nil
	}
	p.folder, p.fd, p.open = folder, fd, err == nil
	return err
}

func (p *presence) close() {
	if p.open && p.fd >= 0 {
		unix.Close(p.fd)
	}
	p.open = false
}

// absent is the condition of a recording whose file is gone.
func absent(row *sqlite.ExportRow) Condition {
	if row.Doubt == doubtDamaged {
		return Damaged
	}
	return Missing
}

// Hashed reads every file and compares it with what was archived.
func Hashed(archive string) Recordings {
	return func(ctx context.Context, row *sqlite.ExportRow) (Condition, error) {
		if row.Purged {
			return Removed, nil
		}
		file := filepath.Join(archive, filepath.FromSlash(row.Path))
		info, err := os.Lstat(file)
		switch {
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR):
			return absent(row), nil
		case err != nil:
			return There, err
		case !info.Mode().IsRegular():
			return Damaged, nil
		}
		sum, err := seal.HashFile(ctx, file)
		switch {
		case errors.Is(err, unix.EIO): // the disk has lost it
			return Damaged, nil
		case err != nil:
			return There, fmt.Errorf("recording of %s: %w", row.ID, err)
		case sum != row.FileSHA256:
			return Damaged, nil
		}
		return There, nil
	}
}
