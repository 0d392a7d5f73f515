package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/disk"
	"glennline/ops/reconcile"
	"glennline/ops/tombstone"
	"glennline/petition"
)

// RestoreConfig says what to bring back, and where.
type RestoreConfig struct {
	From    string
	To      string        // data folder: empty, missing, or left by a restore of the same backup that was interrupted
	Expired bool          // also a backup that has expired
	Erased  []string      // files of tombstones, besides that of the backup
	MaxCall time.Duration // the longest that a call can last
	// Thresholds say whether a voice is in a recording; those of the default if zero.
	Thresholds petition.Thresholds

	Progress func(done int) // told how many files have been looked at; may be nil
	Now      func() time.Time
	Log      *zap.Logger
}

// Restored is what was brought back.
type Restored struct {
	Backup   Manifest               `json:"backup"`
	Data     string                 `json:"data"`
	Files    int                    `json:"files"`
	Bytes    int64                  `json:"bytes"`
	Erased   int                    `json:"erased"`   // calls that were erased since, and did not come back
	Missing  []string               `json:"missing"`  // in the list of the backup, and not in it
	Damaged  []string               `json:"damaged"`  // not what the list says; put into the quarantine
	Findings map[reconcile.Kind]int `json:"findings"` // of reconcile, in what was restored
	Left     int                    `json:"left"`     // of these, what needs a look
}

// restoringName is a file in a data folder that is being restored: the backup's
// state, and the folder of the backup, a line each.
const restoringName = ".restoring"

// Half is ErrHalf, with what helps, where a restore into the data folder was
// interrupted; or is going on.
func Half(dir datadir.Dir) error {
	text, err := os.ReadFile(filepath.Join(string(dir), restoringName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, from, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if from == "" {
		from = "BACKUP"
	}
	return fmt.Errorf("%w: 'glennline restore --from %s --data %s' completes it", ErrHalf, from, dir)
}

// Restore brings a backup back into a data folder and joins what it brought as
// reconcile does. Files that are not what the backup's list says are put into
// the quarantine, and the error is ErrUnverified after all else was restored;
// where list or database are not, nothing is restored.
func Restore(ctx context.Context, cfg RestoreConfig) (Restored, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	r := &restore{RestoreConfig: cfg, done: Restored{Missing: []string{}, Damaged: []string{}}}
	if err := r.check(); err != nil {
		return r.done, err
	}
	unlock, err := r.begin()
	if err != nil {
		return r.done, err
	}
	defer unlock()
	if err := r.bring(ctx); err != nil {
		return r.done, err
	}
	if err := r.join(ctx); err != nil {
		return r.done, err
	}
	if err := errors.Join(os.Remove(r.marker()), disk.SyncFolder(string(r.dir))); err != nil {
		return r.done, err
	}
	if n := len(r.done.Missing) + len(r.done.Damaged); n > 0 {
		return r.done, r.withoutSome(n)
	}
	return r.done, nil
}

type restore struct {
	RestoreConfig
	dir    datadir.Dir
	erased *tombstone.Set
	done   Restored
}

func (r *restore) marker() string { return filepath.Join(string(r.dir), restoringName) }

// each gives the items of the backup's list.
func (r *restore) each(found func(item) error) error {
	list, err := openList(filepath.Join(r.From, r.done.Backup.State, listName))
	if err != nil {
		return err
	}
	defer list.close()
	for !list.end {
		if err := found(list.next); err != nil {
			return err
		}
		if err := list.advance(); err != nil {
			return err
		}
	}
	return nil
}

// begin makes the data folder, owns it, and marks it: with the marker in it, no
// command and no service uses it.
func (r *restore) begin() (unlock func(), err error) {
	if r.dir, err = datadir.Create(string(r.dir)); err != nil {
		return nil, err
	}
	if unlock, err = r.dir.Lock(); errors.Is(err, datadir.ErrInUse) {
		return nil, fmt.Errorf("%w, or name another folder with --data", err)
	} else if err != nil {
		return nil, err
	}
	err = writeSynced(r.fresh(), []byte(r.done.Backup.State+"\n"+r.From+"\n"))
	if err == nil {
		err = os.Rename(r.fresh(), r.marker())
	}
	if err = errors.Join(err, disk.SyncFolder(string(r.dir))); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// bring copies every file, and the database last.
func (r *restore) bring(ctx context.Context) (err error) {
	if err := tombstone.Add(r.dir.Tombstones(), r.erased.Stones()...); err != nil {
		return err
	}
	state := r.done.Backup.State + "/"
	looked := 0
	err = r.each(func(i item) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if looked++; r.Progress != nil {
			r.Progress(looked)
		}
		to, own := strings.CutPrefix(i.path, state)
		if own && !growing(to) || r.erased.Holds(to, i.sum) {
			return nil // the database comes last
		}
		return r.file(i, to)
	})
	if err != nil {
		return err
	}
	if err := disk.SyncFileSystem(string(r.dir)); err != nil {
		return err
	}
	in, err := os.Open(filepath.Join(r.From, r.done.Backup.State, databaseName))
	if err != nil {
		return err
	}
	defer in.Close()
	// What an interrupted restore has written to its database would spoil this one.
	for _, beside := range []string{r.dir.Database() + "-wal", r.dir.Database() + "-shm"} {
		if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if _, err := place(in, r.fresh(), r.dir.Database(), 0o600); err != nil {
		return err
	}
	return disk.SyncFileSystem(string(r.dir))
}

// growing says whether a file is one that is appended to.
func growing(rel string) bool {
	return strings.HasPrefix(rel, "journal/") || rel == "audit.jsonl" || rel == copies.FileName
}

func (r *restore) fresh() string { return filepath.Join(string(r.dir), restoringName+".file") }

// file brings one file to its place below the data folder.
func (r *restore) file(i item, rel string) error {
	if !filepath.IsLocal(rel) {
		return fmt.Errorf("%w: its list names %q", ErrUnverified, i.path)
	}
	in, err := os.Open(filepath.Join(r.From, filepath.FromSlash(i.path)))
	if errors.Is(err, fs.ErrNotExist) {
		r.done.Missing = append(r.done.Missing, i.path)
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	to := filepath.Join(string(r.dir), filepath.FromSlash(rel))
	folder, mode := fs.FileMode(folderMode), fs.FileMode(fileMode)
	switch {
	case strings.HasPrefix(rel, "prompts/"):
		folder, mode = 0o755, 0o644 // Asterisk's user plays them
	case growing(rel):
		mode = 0o600
	}
	if err := os.MkdirAll(filepath.Dir(to), folder); err != nil {
		return err
	}
	sum, err := place(in, r.fresh(), to, mode)
	if err != nil {
		return err
	}
	if sum != i.sum {
		r.done.Damaged = append(r.done.Damaged, i.path)
		return os.Rename(to, filepath.Join(r.dir.Quarantine(), "damaged-"+filepath.Base(to)))
	}
	info, err := os.Lstat(to)
	if err != nil {
		return err
	}
	r.done.Files++
	r.done.Bytes += info.Size()
	return nil
}
