// Package archive keeps recordings: it takes them from Asterisk's spool into a
// folder that nothing is ever changed in.
//
//	<archive>/2026/11/22/<ULID>.wav   a recording, mode 0400, by the day of its call in UTC
//	<quarantine>/<name>               a file without usable audio, as it was found
//	<quarantine>/<name>.json          where it came from, when, and why it is there
//	.partial/ in both                 copies under way; what is older than an hour is from a crash
//
// A recording is linked into place where that can be done, so that Asterisk's
// file and the archive's are one until Release takes the first name away. It is
// copied where its header had to be repaired, or where it cannot be linked: on
// another file system, or when it belongs to another user. Whatever happens in
// between, a name in the archive always has a whole recording behind it that
// is on disk, and a recording always has a name.
package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/oklog/ulid/v2"

	"glennline/petition"
)

const (
	folderMode = 0o700
	fileMode   = 0o400

	partialFolder = ".partial"
	partialAge    = time.Hour       // longer than any copy takes
	settleTime    = 2 * time.Second // how long Asterisk is given to close a file
)

var (
	// ErrExists says that another recording has the same ID.
	ErrExists = errors.New("another recording has its place in the archive")
	// ErrBusy says that Asterisk has the file open still, or changed it meanwhile.
	ErrBusy = errors.New("recording is still being written")
	// ErrNotArchived says that the spool copy is the only one.
	ErrNotArchived = errors.New("recording is not in the archive")
	// ErrDamaged says that a file in the archive is not what was put there.
	ErrDamaged = errors.New("archived file is damaged")
)

// Archive is the two folders. It may be used by many goroutines at once, and
// by several processes.
type Archive struct {
	dir        string
	quarantine string
	device     uint64 // of dir
	folders    folders
	settle     time.Duration
	linkOpen   func(f *os.File, path string) error // tests put faults here
}

// Open makes the folders where they do not exist, with mode 0700, and clears
// away copies that a crash left half done: their originals are in the spool.
func Open(dir, quarantine string) (*Archive, error) {
	if dir == "" || quarantine == "" {
		return nil, errors.New("recordings need a folder for the archive and one for the quarantine: name both")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if quarantine, err = filepath.Abs(quarantine); err != nil {
		return nil, err
	}
	if dir == quarantine {
		return nil, fmt.Errorf("archive and quarantine are both %s: name two folders", dir)
	}
	partial := []string{filepath.Join(dir, partialFolder), filepath.Join(quarantine, partialFolder)}
	for _, folder := range append([]string{dir, quarantine}, partial...) {
		if err := makeFolder(folder); err != nil {
			return nil, fmt.Errorf("recordings need the folder %s: make it, or let this user write to the one above it: %w", folder, err)
		}
	}
	for _, folder := range partial {
		if err := sweep(folder); err != nil {
			return nil, fmt.Errorf("clearing %s away: %w", folder, err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	return &Archive{dir: dir, quarantine: quarantine, device: device(info), settle: settleTime, linkOpen: linkOpen}, nil
}

// sweep removes copies that nobody works on any more.
func sweep(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process was faster
		}
		if err != nil {
			return err
		}
		if time.Since(info.ModTime()) < partialAge {
			continue
		}
		if err := os.Remove(filepath.Join(folder, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Path is where the recording lies.
func (a *Archive) Path(v petition.Voice) string {
	return filepath.Join(a.dir, filepath.FromSlash(v.Path))
}

// place is the path below the archive of a recording: by day, in UTC. A ULID
// has one spelling only, so that one call cannot have two places.
func place(id string, at time.Time) (string, error) {
	parsed, err := ulid.ParseStrict(id)
	if err != nil {
		return "", fmt.Errorf("%q is no ULID to archive a recording under: %w", id, err)
	}
	if parsed.String() != id {
		return "", fmt.Errorf("%q is no ULID to archive a recording under: write it %s", id, parsed)
	}
	return at.UTC().Format("2006/01/02/") + id + ".wav", nil
}
