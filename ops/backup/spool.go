package backup

import (
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"time"
)

// ourFolders are those that we have Asterisk record into, below its own.
var ourFolders = regexp.MustCompile(`^(fallback|[0-9]{4}-[0-9]{2}-[0-9]{2})$`)

// atRest is how long nobody has written to a recording that waits. The service
// takes one within a second of its call's end; what is older was recorded while
// it was away.
const atRest = time.Minute

// spooled counts the recordings that wait in Asterisk's folder. They are not
// copied: only when they are brought in are they known to be whole.
func spooled(root string, now time.Time) (n int, err error) {
	if root == "" {
		return 0, nil
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || filepath.Ext(path) != ".wav" || !ourFolders.MatchString(filepath.Base(filepath.Dir(path))) {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && now.Sub(info.ModTime()) > atRest {
			n++
		}
		return err
	})
	return n, err
}
