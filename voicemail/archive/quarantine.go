package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"glennline/voicemail/wav"
)

// Note lies beside a file in quarantine, as JSON.
type Note struct {
	From   string    `json:"from"` // the path that it was found at
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Quarantine moves the file at path into the quarantine, with a note of the
// reason, and returns where it is. It never changes or removes what is in the
// file, and never takes the name of another. When it is stopped in between,
// the file has both names; the same call again completes the move.
func (a *Archive) Quarantine(path, reason string) (newPath string, err error) {
	f, stat, err := wav.Open(path)
	if err != nil {
		return "", fmt.Errorf("quarantine: %w", err)
	}
	defer f.Close()
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	newPath, err = a.isolate(f, stat)
	if err == nil {
		err = a.note(newPath+".json", Note{From: path, Reason: reason, At: time.Now().UTC().Truncate(time.Second)})
	}
	if err == nil {
		err = syncFolder(a.quarantine)
	}
	if err != nil {
		return "", fmt.Errorf("moving %s into %s, where this user must be able to write; it stays where it is: %w", path, a.quarantine, err)
	}
	if err := removeOpen(path, stat); err != nil {
		return newPath, err
	}
	return newPath, syncFolder(filepath.Dir(path))
}

// isolate gives the file a free name in the quarantine: its own, or with a
// number. Where it cannot be linked it is copied.
func (a *Archive) isolate(f *os.File, stat fs.FileInfo) (string, error) {
	base := filepath.Base(f.Name())
	stem, ext := strings.TrimSuffix(base, filepath.Ext(base)), filepath.Ext(base)
	source := f
	for n := 2; ; n++ {
		path := filepath.Join(a.quarantine, base)
		err := a.linkOpen(source, path)
		if err == nil {
			return path, source.Sync()
		}
		if errors.Is(err, fs.ErrExist) {
			there, err := os.Lstat(path)
			if err != nil {
				return "", err
			}
			if os.SameFile(there, stat) {
				return path, f.Sync() // from a call that was stopped
			}
			base = stem + "-" + strconv.Itoa(n) + ext
			continue
		}
		if source != f {
			return "", err
		}
		if source, err = a.duplicate(f); err != nil {
			return "", err
		}
		defer discard(source)
		n--
	}
}

// duplicate copies the file under a name that the caller removes.
func (a *Archive) duplicate(f *os.File) (*os.File, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return a.partial(f)
}

// partial brings what r holds to disk, under a name that the caller removes.
func (a *Archive) partial(r io.Reader) (*os.File, error) {
	to, err := os.CreateTemp(filepath.Join(a.quarantine, partialFolder), "")
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(to, r)
	if err = errors.Join(err, to.Chmod(fileMode), to.Sync()); err != nil {
		discard(to)
		return nil, err
	}
	return to, nil
}

// note writes n to the new file path; one that is there is left.
func (a *Archive) note(path string, n Note) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	f, err := a.partial(bytes.NewReader(append(b, '\n')))
	if err != nil {
		return err
	}
	defer discard(f)
	if err := a.linkOpen(f, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// discard takes the name of a partial file away.
func discard(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}
