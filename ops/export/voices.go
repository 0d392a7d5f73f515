package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"
	"golang.org/x/sys/unix"

	"glennline/ops/seal"
	"glennline/petition/sqlite"
)

// CopyVoices copies the recording of each row into a folder that is to be sealed, as
// seal.VoicesFolder has it, encrypted where there are recipients, and enters it into
// the manifest. One that is missing or not what was archived is left out.
func CopyVoices(archive, folder string, recipients []age.Recipient, m *seal.Manifest) Recordings {
	made := false
	return func(ctx context.Context, row *sqlite.ExportRow) (Condition, error) {
		if row.Purged {
			return Removed, nil
		}
		in, err := os.OpenFile(filepath.Join(archive, filepath.FromSlash(row.Path)), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
			return absent(row), nil
		case errors.Is(err, unix.ELOOP): // a link
			return Damaged, nil
		case err != nil:
			return There, fmt.Errorf("recording of %s: %w", row.ID, err)
		}
		defer in.Close()
		if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() {
			return Damaged, err
		}
		if !made {
			if err := os.MkdirAll(filepath.Join(folder, seal.VoicesFolder), 0o700); err != nil {
				return There, err
			}
			made = true
		}
		name := seal.VoicesFolder + "/" + row.ID + ".wav"
		if len(recipients) > 0 {
			name += seal.EncryptedSuffix
		}
		out, err := copyVoice(ctx, in, filepath.Join(folder, filepath.FromSlash(name)), recipients)
		switch {
		case errors.Is(err, unix.EIO): // the disk has lost it
			return Damaged, os.Remove(filepath.Join(folder, name))
		case err != nil:
			return There, fmt.Errorf("recording of %s: %w", row.ID, err)
		case out.Inside() != row.FileSHA256:
			return Damaged, os.Remove(filepath.Join(folder, name))
		}
		out.Add(m, name)
		return There, nil
	}
}

func copyVoice(ctx context.Context, in io.Reader, to string, recipients []age.Recipient) (*seal.Outlet, error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	out, err := seal.NewOutlet(f, recipients)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	err = seal.Copy(ctx, out, in)
	return out, errors.Join(err, out.Close(), f.Close())
}
