package disk

import (
	"errors"
	"os"
)

// SyncFolder brings to disk which files are in a folder: what was made, renamed or
// removed there.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
