package archive

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"glennline/petition"
	"glennline/voicemail/wav"
)

// Examine reads a recording in the archive anew and says what is in it: what
// Keep said, but for Repaired. Path is as in Voice and Entry. The error wraps
// fs.ErrNotExist if there is none, ErrDamaged if its header does not fit it,
// or one of package wav.
func (a *Archive) Examine(ctx context.Context, path string) (petition.Voice, error) {
	f, stat, err := a.open(path)
	if err != nil {
		return petition.Voice{}, err
	}
	defer f.Close()
	info, err := wav.InspectFrom(f, stat.Size())
	if err != nil {
		return petition.Voice{}, fmt.Errorf("archived %s: %w", path, err)
	}
	if info.Damage != wav.DamageNone {
		return petition.Voice{}, fmt.Errorf("archived %s (%s): restore it from a backup: %w", path, info.Damage, ErrDamaged)
	}
	digest, err := info.Scan(ctx, f, nil)
	if err != nil {
		return petition.Voice{}, fmt.Errorf("archived %s: %w", path, err)
	}
	return petition.Voice{
		Path:        path,
		FileSHA256:  digest.FileSHA256,
		AudioSHA256: digest.AudioSHA256,
		Measure:     digest.Measure,
	}, nil
}

// open opens a file below the archive and nowhere else.
func (a *Archive) open(path string) (*os.File, fs.FileInfo, error) {
	local := filepath.FromSlash(path)
	if !filepath.IsLocal(local) {
		return nil, nil, fmt.Errorf("%q is no path in the archive: %w", path, fs.ErrInvalid)
	}
	return wav.Open(filepath.Join(a.dir, local))
}
