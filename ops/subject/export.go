package subject

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glennline/ops/disk"
	"glennline/ops/outfile"
)

// ErrTarget says that there is something already where an export was to go.
var ErrTarget = errors.New("is there already")

// documentName is the file of an export that says what is stored.
const documentName = "stored.json"

// Export writes a dossier and its recordings into the new folder to:
//
//	<to>/stored.json    the Dossier
//	<to>/<ULID>.wav     a recording
//
// All of it is on disk when the folder gets its name. A recording that is not what
// the ledger says is left out, and d says so. The files are for their owner alone.
func Export(d *Dossier, to string) (err error) {
	if to, err = filepath.Abs(to); err != nil {
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = ErrTarget
		}
		return fmt.Errorf("%s: %w: name a folder that does not exist", to, err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(to), ".subject-")
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return fmt.Errorf("%s: %w (%w): name a new folder where this user may write", to, outfile.ErrTarget, e.Err)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(fresh))
		}
	}()
	for i := range d.Calls {
		if r := d.Calls[i].Recording; r != nil && r.LeftOut == "" {
			if err := r.copy(filepath.Join(fresh, r.File)); err != nil {
				return err
			}
		}
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	if err := write(filepath.Join(fresh, documentName), append(text, '\n')); err != nil {
		return err
	}
	if err := disk.SyncFolder(fresh); err != nil {
		return err
	}
	if err := unix.Renameat2(unix.AT_FDCWD, fresh, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE); err != nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	return disk.SyncFolder(filepath.Dir(to))
}

// copy copies the recording, if it is what the ledger says.
func (r *Recording) copy(to string) (err error) {
	in, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		r.leave(LeftMissing)
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != r.FileSHA256 {
		r.leave(LeftDamaged)
		return os.Remove(to)
	}
	return nil
}

func write(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
