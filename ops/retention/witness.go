package retention

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"glennline/ops/witness"
	"glennline/petition/sqlite"
)

// logs are the event logs that Asterisk does not write to any more, older than
// before as a whole, and copied to their end.
func (r *run) logs(ctx context.Context, before time.Time) (paths []string, err error) {
	if r.Witness.Path == "" {
		return nil, nil
	}
	rotated, err := filepath.Glob(r.Witness.Path + ".*")
	if err != nil {
		return nil, err
	}
	for _, path := range rotated {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		copied, err := r.DB.WitnessOffset(ctx, r.Witness.Path, inode(info))
		if err != nil {
			return nil, err
		}
		if info.ModTime().Before(before) && copied >= info.Size() {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// pieces are those of event logs that a restore has brought, older than before.
func (r *run) pieces(before time.Time) (paths []string, err error) {
	all, err := witness.Pieces(r.Dir.Witness())
	for _, path := range all {
		over, err := witness.Before(path, before)
		if err != nil {
			return nil, err
		}
		if over {
			paths = append(paths, path)
		}
	}
	return paths, err
}

func (r *run) removePieces(before time.Time) error {
	paths, err := r.pieces(before)
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return err
}

// witness removes the channels and logs. A log in use that began before is
// given another name: Asterisk begins a new one with the next call, or goes on
// with this one, and either is copied.
func (r *run) witness(ctx context.Context, before time.Time) error {
	if r.Witness.Path != "" {
		if _, _, err := witness.Import(ctx, r.DB, r.Witness); err != nil {
			return err
		}
	}
	if err := r.DB.PurgeWitness(ctx, before); err != nil {
		return err
	}
	paths, err := r.logs(ctx, before)
	if err != nil {
		return err
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if err := os.Remove(path); err != nil {
			return err
		}
		if err := r.DB.ForgetWitnessLog(ctx, sqlite.WitnessLog{Path: r.Witness.Path, Inode: inode(info)}); err != nil {
			return err
		}
	}
	if err := r.removePieces(before); err != nil {
		return err
	}
	if r.Witness.Path == "" || !began(r.Witness.Path, before) {
		return nil
	}
	return os.Rename(r.Witness.Path, r.Witness.Path+"."+r.now.Format("20060102T150405Z"))
}

func inode(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}

// began is whether the first line of a log is older than before.
func began(path string, before time.Time) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadBytes('\n')
	var record struct {
		EventTime float64 `json:"eventtime"` // unix seconds
	}
	return err == nil && json.Unmarshal(line, &record) == nil && record.EventTime > 0 &&
		time.Unix(int64(record.EventTime), 0).Before(before)
}
