package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"glennline/ops/shred"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

// files copies what is written once and not in the backup yet, and writes the
// list of all. Three things are gone through side by side, each in the same
// order, so that none of them has to fit into memory: the files, the list of the
// backup before, and what the ledger says of recordings.
func (r *run) files(ctx context.Context) (err error) {
	c := &copying{run: r, old: &reader{end: true}, waiting: make(map[string]string), voices: voicesOf(ctx, r.db)}
	c.purged = func(path string) (bool, error) { return r.db.Purged(ctx, path) }
	defer c.voices.stop()
	if err := c.readJournal(); err != nil {
		return err
	}
	if r.before != nil {
		if c.old, err = openList(filepath.Join(r.to, r.before.State, listName)); err != nil {
			return err
		}
		defer c.old.close()
	}
	if c.list, err = createList(filepath.Join(r.to, r.state, listName)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.list.close()) }()
	for _, folder := range onceFolders {
		if err := c.folder(ctx, folder); err != nil {
			return err
		}
	}
	if err := c.stateFiles(); err != nil {
		return err
	}
	return c.witnessFiles(ctx)
}

// copying is the three on their way.
type copying struct {
	*run
	old     *reader
	voices  *voices
	purged  func(path string) (bool, error) // whether a recording was removed because its time was over
	waiting map[string]string               // hashes of the recordings of calls that wait in the journal, by path
	list    *writer
	done    int
}

// readJournal finds the recordings that only the journal knows.
func (c *copying) readJournal() error {
	_, err := journal.Read(filepath.Join(c.to, c.state, "journal"), func(e journal.Entry) error {
		closing := e.End
		if e.Settle != nil {
			closing = &e.Settle.Closing
		}
		if closing != nil && closing.Voice != nil {
			c.waiting[closing.Voice.Path] = closing.Voice.FileSHA256
		}
		return nil
	})
	return err
}

func (c *copying) folder(ctx context.Context, folder string) error {
	root := filepath.Join(string(c.Dir), folder)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // gone meanwhile, or never made
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && d.Name() == partialFolder:
			return fs.SkipDir
		case folder == "prompts" && strings.HasPrefix(d.Name(), "."):
			return nil // on its way there
		case d.IsDir():
			return nil
		}
		if c.done++; c.Progress != nil {
			c.Progress(c.done)
		}
		rel, err := filepath.Rel(string(c.Dir), path)
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() || !listable(rel) {
			c.report.LeftOut = append(c.report.LeftOut, rel)
			return nil
		}
		return c.file(path, filepath.ToSlash(rel))
	})
	if err != nil {
		return err
	}
	if folder == onceFolders[0] {
		if err := c.voices.rest(c.missing); err != nil {
			return err
		}
	}
	return c.old.rest(folder, c.kept)
}

// file sees to it that the backup has one file.
func (c *copying) file(path, rel string) error {
	want := ""
	if inArchive, ok := strings.CutPrefix(rel, onceFolders[0]+"/"); ok {
		var err error
		if want, err = c.voices.find(inArchive, c.missing); err != nil {
			return err
		}
		if want == "" {
			want = c.waiting[inArchive]
		}
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.erased.Named(rel) {
		return nil // reconcile removes it, and what the backup has of it goes below
	}
	if want == "" && strings.HasPrefix(rel, onceFolders[0]+"/") {
		// Whatever the ledger knows of it, it is a voice.
		if c.tooYoung(info) {
			c.report.InProgress++
		} else {
			c.report.Unclaimed++
		}
	}
	sum, listed, err := c.old.find(rel, c.kept)
	if err != nil {
		return err
	}
	there := filepath.Join(c.to, filepath.FromSlash(rel))
	copied, err := os.Lstat(there)
	switch {
	case err == nil && listed && copied.Size() == info.Size():
		return c.add(item{sum, rel}, info.Size())
	case err == nil && !listed && want != "" && copied.Size() == info.Size():
		// A run before was interrupted. What it had on its way to the disk may
		// never have come there.
		if sum, _, err := hashFile(there); err == nil && sum == want {
			return c.add(item{sum, rel}, info.Size())
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	sum, err = c.copy(path, there)
	if errors.Is(err, fs.ErrNotExist) && !exists(path) {
		return nil
	}
	if err != nil {
		return err
	}
	if want != "" && sum != want {
		c.report.Damaged = append(c.report.Damaged, rel)
	}
	c.report.Copied++
	c.report.CopiedBytes += info.Size()
	return c.add(item{sum, rel}, info.Size())
}

// lately is how long before the database was copied the ending of a recording
// may have come too late for that.
var lately = 10 * time.Second

// tooYoung says that a recording was archived about when the database was
// copied, or later: its ending may not be in that.
func (c *copying) tooYoung(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && time.Unix(stat.Ctim.Unix()).After(c.since.Add(-lately))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// copy copies a file under a temporary name and then gives it its own.
func (c *copying) copy(from, to string) (sum string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	fresh := filepath.Join(c.to, partialFolder, "file")
	return place(in, fresh, to, fileMode)
}

// place writes what r holds to the file fresh and moves it to its place.
func place(r io.Reader, fresh, to string, mode fs.FileMode) (sum string, err error) {
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	out, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), r)
	if err := errors.Join(err, out.Chmod(mode), out.Close()); err != nil {
		return "", err
	}
	err = os.Rename(fresh, to)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(to), folderMode); err != nil {
			return "", err
		}
		err = os.Rename(fresh, to)
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

func (c *copying) add(i item, size int64) error {
	c.report.Files++
	c.report.Bytes += size
	return c.list.add(i)
}

// kept is a file that the backup has and the data folder has not any more. It
// stays: to bring back what is lost is what a backup is for. That of a call which was
// erased goes, too, and what was removed because its time was over.
func (c *copying) kept(i item) error {
	if strings.HasPrefix(i.path, stateFolder+"/") {
		return nil // of the backup before
	}
	info, err := os.Lstat(filepath.Join(c.to, filepath.FromSlash(i.path)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // gone here too
	}
	if err != nil {
		return err
	}
	if c.erased.Holds(i.path, i.sum) {
		return shred.File(filepath.Join(c.to, filepath.FromSlash(i.path)))
	}
	if inArchive, ok := strings.CutPrefix(i.path, onceFolders[0]+"/"); ok {
		purged, err := c.purged(inArchive)
		if err != nil {
			return err
		}
		if purged {
			return os.Remove(filepath.Join(c.to, filepath.FromSlash(i.path)))
		}
	}
	return c.add(i, info.Size())
}

// missing is a recording that the ledger has and the archive has not.
func (c *copying) missing(path string) error {
	c.report.Missing = append(c.report.Missing, onceFolders[0]+"/"+path)
	return nil
}

// stateFiles puts into the list what belongs to this backup alone.
func (c *copying) stateFiles() error {
	root := filepath.Join(c.to, c.state)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == listName {
			return err
		}
		sum, size, err := hashFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(c.to, path)
		if err != nil {
			return err
		}
		return c.add(item{sum, filepath.ToSlash(rel)}, size)
	})
}

// voices goes through what the ledger says of recordings.
type voices struct {
	pull func() (item, bool)
	stop func()
	err  error
	next item
	end  bool
}

func voicesOf(ctx context.Context, db *sqlite.DB) *voices {
	v := &voices{}
	stopped := errors.New("stopped")
	v.pull, v.stop = iter.Pull(func(yield func(item) bool) {
		v.err = db.Voices(ctx, func(_, path, sum string) error {
			if !yield(item{sum, path}) {
				return stopped
			}
			return nil
		})
		if errors.Is(v.err, stopped) {
			v.err = nil
		}
	})
	v.advance()
	return v
}

func (v *voices) advance() {
	next, ok := v.pull()
	v.next, v.end = next, !ok
}

// find is the hash of the recording at path, "" if the ledger knows none there.
func (v *voices) find(path string, missing func(string) error) (sum string, err error) {
	for !v.end && before(v.next.path, path) {
		if err := missing(v.next.path); err != nil {
			return "", err
		}
		v.advance()
	}
	if !v.end && v.next.path == path {
		sum = v.next.sum
		v.advance()
	}
	return sum, v.err
}

func (v *voices) rest(missing func(string) error) error {
	_, err := v.find("\xff", missing)
	return err
}
