package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"glennline/ops/disk"
)

// format is that of the manifest; it grows with what an older version of this
// program cannot restore.
const format = 2

// Manifest is what is known of a whole backup.
type Manifest struct {
	Format     int       `json:"format"`
	CreatedAt  time.Time `json:"created_at"` // the moment that the database is of
	ExpiresAt  time.Time `json:"expires_at"`
	State      string    `json:"state"`       // folder of what belongs to this backup alone
	ListSHA256 string    `json:"list_sha256"` // of files.sha256 in it, which has all others
	Files      int       `json:"files"`
	Bytes      int64     `json:"bytes"`
	Calls      int       `json:"calls"`
	Signatures int       `json:"signatures"`
	SecretID   string    `json:"secret_id"` // of the secret that is needed besides; "" if none was used yet
	// WitnessShared says, of a backup of format 1, that the event log in its state
	// has other calls than ours.
	WitnessShared bool `json:"witness_shared,omitempty"`
}

// Read is the manifest of a backup. Without one the error is ErrNoBackup, or
// ErrIncomplete where a first run was interrupted.
func Read(folder string) (Manifest, error) {
	m, err := readManifest(folder)
	if err != nil {
		return Manifest{}, err
	}
	return *m, nil
}

func readManifest(folder string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(folder, manifestName))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		if _, err := os.Stat(filepath.Join(folder, stateFolder)); err == nil {
			return nil, fmt.Errorf("%s: %w: run the backup again, which completes it", folder, ErrIncomplete)
		}
		return nil, fmt.Errorf("%s: %w: name the folder that 'glennline backup --to' was given", folder, ErrNoBackup)
	}
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil || m.State == "" || !filepath.IsLocal(m.State) {
		return nil, fmt.Errorf("%s: %w: its %s cannot be read: name another backup", folder, ErrUnverified, manifestName)
	}
	if m.Format > format {
		return nil, fmt.Errorf("%s: %w (%d, and this one reads %d): use the version that made it", folder, ErrNewer, m.Format, format)
	}
	return &m, nil
}

// commit makes what was copied the backup in force.
func (r *run) commit() error {
	list := filepath.Join(r.to, r.state, listName)
	sum, _, err := hashFile(list)
	if err != nil {
		return err
	}
	m := &r.report.Manifest
	m.Format, m.CreatedAt, m.ExpiresAt = format, r.began, r.began.Add(r.Expires)
	m.State, m.ListSHA256 = r.state, sum
	if err := disk.SyncFileSystem(r.to); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	fresh := filepath.Join(r.to, partialFolder, manifestName)
	if err := writeSynced(fresh, append(text, '\n')); err != nil {
		return err
	}
	if err := os.Rename(fresh, filepath.Join(r.to, manifestName)); err != nil {
		return err
	}
	if err := disk.SyncFolder(r.to); err != nil {
		return err
	}
	_, err = r.onlyState(r.state)
	return err
}

func hashFile(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = f.WriteTo(h)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

func writeSynced(path string, text []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}
