package archive

import (
	"errors"
	"fmt"
	"path/filepath"

	"glennline/voicemail/wav"
)

// ErrAudio says that a file is not removed because it may hold audio.
var ErrAudio = errors.New("the file may hold audio")

// Discard removes the file at path, if it holds a header and not one sample:
// what Asterisk leaves of a recording that began as its call ended. Any other
// stays, with ErrAudio.
func (a *Archive) Discard(path string) error {
	f, stat, err := wav.Open(path)
	if err != nil {
		return fmt.Errorf("discard: %w", err)
	}
	defer f.Close()
	if _, err := wav.InspectFrom(f, stat.Size()); !errors.Is(err, wav.ErrEmpty) {
		return fmt.Errorf("discard %s: %w", path, ErrAudio)
	}
	if err := removeOpen(path, stat); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
