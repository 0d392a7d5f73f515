package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glennline/ops/export"
	"glennline/ops/seal"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// digits is how many a voice's name has at least, so that folders sort.
const digits = 5

// voiceName is that of the nth voice, from 1. The page knows it too.
func voiceName(n int) string { return fmt.Sprintf("%s/%0*d.wav", seal.VoicesFolder, digits, n) }

// voices puts those that are meant as the rows pass by.
type voices struct {
	archive  string
	accepted map[string]bool
	all      bool // also those that nobody accepted
	presence export.Recordings
	to       sink
	manifest *seal.Manifest

	here, absent int        // of those that are meant
	ids          *seal.List // of those that are here
	met          int        // accepted, and still counted
}

// look is an export.Recordings.
func (v *voices) look(ctx context.Context, row *sqlite.ExportRow) (export.Condition, error) {
	accepted := v.accepted[row.ID]
	if row.Status != petition.StatusCounted || !accepted && !v.all {
		return v.presence(ctx, row)
	}
	if accepted {
		v.met++
	}
	condition, err := v.presence(ctx, row)
	if err == nil && condition == export.There {
		condition, err = v.put(ctx, row)
	}
	if err != nil {
		return condition, fmt.Errorf("recording of %s: %w", row.ID, err)
	}
	if condition != export.There {
		v.absent++
	}
	return condition, nil
}

// put puts a recording that is what was archived, as the next voice.
func (v *voices) put(ctx context.Context, row *sqlite.ExportRow) (export.Condition, error) {
	f, err := os.OpenFile(filepath.Join(v.archive, filepath.FromSlash(row.Path)), os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return export.Missing, nil
	}
	if err != nil {
		return export.There, err
	}
	defer f.Close()
	// Before a byte of it is handed out: a tar takes nothing back.
	sum, err := seal.HashReader(ctx, f)
	switch {
	case errors.Is(err, unix.EIO): // the disk has lost it
		return export.Damaged, nil
	case err != nil:
		return export.There, err
	case sum != row.FileSHA256:
		return export.Damaged, nil
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return export.There, err
	}
	name := voiceName(v.here + 1)
	if sum, err = v.to.put(ctx, name, size, f); err != nil {
		return export.There, err
	}
	if sum != row.FileSHA256 {
		return export.There, errors.New("it changed while it was read: try again")
	}
	v.here++
	v.ids.Add(row.ID)
	v.manifest.Add(seal.File{Path: name, SHA256: sum})
	return export.There, nil
}
