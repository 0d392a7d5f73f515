package pbx

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// syncEvery is between two looks at what the dialplan recorded by itself.
const syncEvery = time.Second

// unsynced is what lies in the folder of the dialplan's own recordings, by name, as
// of the last look.
type unsynced map[string]written

type written struct {
	size   int64
	at     time.Time
	synced bool
}

// look brings to disk what has not grown since the last look, each file once for
// what it holds: Asterisk writes a recording 2 s at a time, so one that goes on is
// synced no oftener than that. What could not be synced is tried again.
func (u unsynced) look(folder string, sync func(path string) error) (unsynced, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return u, err
	}
	now := make(unsynced, len(entries))
	var failed error
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it was brought in meanwhile, or is none of ours
		}
		w := written{size: info.Size(), at: info.ModTime()}
		if was, ok := u[e.Name()]; ok && was.size == w.size && was.at.Equal(w.at) {
			w.synced = was.synced
			if !w.synced {
				err := sync(filepath.Join(folder, e.Name()))
				w.synced = err == nil
				if failed == nil && !errors.Is(err, fs.ErrNotExist) {
					failed = err
				}
			}
		}
		now[e.Name()] = w
	}
	return now, failed
}

// syncRecordings keeps what the dialplan recorded by itself from being lost in a power
// cut, until ctx ends. Asterisk syncs nothing, the kernel takes its time (30 s), and
// the glennline that brings recordings in may be away for long where it is another
// process than this. While it is there the folder is empty, and this costs nothing.
func (s *Server) syncRecordings(ctx context.Context, folder string) {
	var files unsynced
	for told := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(syncEvery): // between two looks, so that a slow disk is left to others, too
		}
		var err error
		if files, err = files.look(folder, syncContent); err != nil && !told {
			told = true
			s.log.Warn("what the dialplan records by itself cannot be brought to disk: a power cut would take it", zap.Error(err))
		}
	}
}

func syncContent(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(unix.Fdatasync(int(f.Fd())), f.Close())
}
