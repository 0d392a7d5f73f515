package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// folders remembers which folders are known to be on disk.
type folders struct {
	mu    sync.Mutex
	known map[string]*folder
}

// folder is where recordings are put. Those who want it synced while a sync is
// under way share the next one.
type folder struct {
	turn  sync.Mutex // held during a sync
	mu    sync.Mutex
	round *round // the next one
}

// round is one sync for all who asked before it began. It belongs to who has
// the turn.
type round struct {
	done bool
	err  error
}

// sync brings the names in the folder to disk.
func (f *folder) sync(path string) error {
	f.mu.Lock()
	if f.round == nil {
		f.round = new(round)
	}
	mine := f.round
	f.mu.Unlock()

	f.turn.Lock()
	defer f.turn.Unlock()
	if mine.done {
		return mine.err
	}
	f.mu.Lock()
	f.round = nil
	f.mu.Unlock()
	mine.done, mine.err = true, syncFolder(path)
	return mine.err
}

// ensure makes path, which lies below root, and sees to it that it survives a
// crash. It costs anything only the first time.
func (f *folders) ensure(root, path string) (*folder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.known[path]; known != nil {
		return known, nil
	}
	if err := os.MkdirAll(path, folderMode); err != nil {
		return nil, err
	}
	// Each folder's name lies in the one above it. They are synced even if
	// they exist: who made them may have been killed before it could.
	for at := path; at != root; {
		at = filepath.Dir(at)
		if err := syncFolder(at); err != nil {
			return nil, err
		}
	}
	if f.known == nil {
		f.known = make(map[string]*folder)
	}
	f.known[path] = new(folder)
	return f.known[path], nil
}

// forget lets path be made again: it was found missing.
func (f *folders) forget(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.known, path)
}

// makeFolder makes path and those above it, durably.
func makeFolder(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: path, Err: errors.New("is a file")}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(path)
	if err := makeFolder(parent); err != nil {
		return err
	}
	if err := os.Mkdir(path, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

// syncFolder brings the names in a folder to disk.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
