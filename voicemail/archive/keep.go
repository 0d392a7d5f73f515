package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"glennline/petition"
	"glennline/voicemail/wav"
)

// Keep takes the recording at spoolPath into the archive under the ID of the
// call that began at the given time, and says what is in it. When it returns
// without an error, the recording is on disk. It is read once. The file at
// spoolPath stays until Release; its mode becomes 0400 where it is linked.
//
// The same recording again gives the same Voice; another one under the same ID
// is ErrExists. ErrBusy says that Asterisk still writes to the file. An error
// that wraps fs.ErrNotExist says that there is no file at spoolPath and
// nothing else. Those of package wav say that there is no audio in it: it
// belongs into quarantine.
func (a *Archive) Keep(ctx context.Context, spoolPath, id string, at time.Time) (petition.Voice, error) {
	rel, err := place(id, at)
	if err != nil {
		return petition.Voice{}, err
	}
	s, err := a.openSpooled(ctx, spoolPath)
	if err != nil {
		return petition.Voice{}, err
	}
	defer s.Close()
	voice := petition.Voice{Path: rel, Repaired: s.info.Damage != wav.DamageNone}
	digest, err := a.put(ctx, s, a.Path(voice))
	if err != nil {
		return petition.Voice{}, fmt.Errorf("archiving %s: %w", spoolPath, err)
	}
	voice.FileSHA256, voice.AudioSHA256, voice.Measure = digest.FileSHA256, digest.AudioSHA256, digest.Measure
	return voice, nil
}

// put brings the recording to path, by link or by copy.
func (a *Archive) put(ctx context.Context, s *spooled, path string) (wav.Digest, error) {
	if s.info.Damage != wav.DamageNone || device(s.stat) != a.device {
		return a.copy(ctx, s, path)
	}
	// It will be the archive's file: nobody is to write to it again.
	if err := s.Chmod(fileMode); errors.Is(err, fs.ErrPermission) {
		return a.copy(ctx, s, path) // another user's file
	} else if err != nil {
		return wav.Digest{}, err
	}
	digest, err := s.info.Scan(ctx, s, nil)
	if err != nil {
		return wav.Digest{}, err
	}
	if err := errors.Join(s.unchanged(), s.Sync()); err != nil {
		return wav.Digest{}, err
	}
	if err := a.link(s.File, path, digest.FileSHA256); err == nil || errors.Is(err, ErrExists) {
		return digest, err
	}
	// Whatever forbids the link: if it forbids the copy too, that says it.
	return a.copy(ctx, s, path)
}

// device is the file system that a file lies on.
func device(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Dev)
	}
	return 0
}

// copy writes the recording, repaired if it has to be, and links the copy to
// path.
func (a *Archive) copy(ctx context.Context, s *spooled, path string) (digest wav.Digest, err error) {
	to, err := os.CreateTemp(filepath.Join(a.dir, partialFolder), filepath.Base(path)+".*")
	if err != nil {
		return digest, a.trouble(err)
	}
	defer discard(to)
	if digest, err = s.info.Scan(ctx, s, to); err != nil {
		if at, ok := errors.AsType[*fs.PathError](err); ok && at.Path == to.Name() {
			err = a.trouble(err)
		}
		return digest, err
	}
	if err := s.unchanged(); err != nil {
		return digest, err
	}
	if err := errors.Join(to.Chmod(fileMode), to.Sync()); err != nil {
		return digest, a.trouble(err)
	}
	return digest, a.trouble(a.link(to, path, digest.FileSHA256))
}
