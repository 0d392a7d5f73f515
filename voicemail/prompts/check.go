package prompts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"glennline/petition"
	"glennline/voicemail/wav"
)

// What a prompt has to be. Levels are those of the speech in it, pauses left
// out: under the lower one it is lost on a mobile in the street, over the upper
// one it distorts.
const (
	sampleRate   = 8000 // Hz
	minLength    = 100 * time.Millisecond
	maxLength    = 2 * time.Minute
	minLevelDBFS = -35
	maxLevelDBFS = -6
	maxClipped   = 0.001 // share of samples at full scale
)

// What can be wrong with a prompt.
var (
	ErrMissing    = errors.New("missing")
	ErrUnreadable = errors.New("not readable")
	ErrFormat     = errors.New("not a whole WAV file of 8 kHz, 16 bit, one channel")
	ErrLength     = errors.New("not between 0.1 s and 120 s long")
	ErrLevel      = errors.New("not at a level that can be listened to")
)

// Hints that are given more than once.
const (
	convert  = "convert it with sox IN.wav -r 8000 -c 1 -b 16 OUT.wav"
	readable = "let the user that runs glennline read it"
)

// FileError says what is wrong with one prompt, and what to do about it.
type FileError struct {
	Path string
	Err  error // wraps one of the sentinels above
	Hint string
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() + ": " + e.Hint }

func (e *FileError) Unwrap() error { return e.Err }

// Report is what was found in a prompt.
type Report struct {
	Path    string
	Length  time.Duration
	Measure petition.Measure
}

// clip is a prompt that was checked.
type clip struct {
	samples []int16
	report  Report
}

// readFile reads the prompt at path and says whether it can be played to callers:
// its format, length and level. The error is a *FileError. Unlike a recording, it may be reached
// through a symbolic link: mounted folders are often made of them.
func readFile(path string) (clip, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return clip{}, &FileError{path, fmt.Errorf("no regular file: %w", ErrFormat), "put the WAV file itself there"}
	}
	var file *os.File
	if err == nil {
		file, err = os.Open(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return clip{}, &FileError{path, ErrMissing, "put a WAV file of 8 kHz, 16 bit, one channel there"}
	}
	if err != nil {
		return clip{}, &FileError{path, fmt.Errorf("%w: %w", ErrUnreadable, bare(err)), readable}
	}
	defer file.Close()
	return read(path, file, info.Size())
}

// bare is an error without the path, which is said already.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

func readBytes(path string, data []byte) (clip, error) {
	return read(path, bytes.NewReader(data), int64(len(data)))
}

func read(path string, r io.ReaderAt, size int64) (clip, error) {
	info, err := wav.InspectFrom(r, size)
	switch {
	case err != nil:
		return clip{}, &FileError{path, fmt.Errorf("%w: %w", ErrFormat, err), convert}
	case info.Rate != sampleRate:
		return clip{}, &FileError{path, fmt.Errorf("%d Hz: %w", info.Rate, ErrFormat), convert}
	case info.Damage != wav.DamageNone && info.Damage != wav.DamageSizes:
		// A recording may be cut; a prompt that is, is still being copied.
		return clip{}, &FileError{path, fmt.Errorf("damaged (%s): %w", info.Damage, ErrFormat), "copy it again, whole"}
	case info.Duration() < minLength || info.Duration() > maxLength:
		return clip{}, &FileError{
			path, fmt.Errorf("%s: %w", info.Duration(), ErrLength), "cut or record it anew",
		}
	}
	audio, err := wav.ReadFrom(r, size)
	if err != nil {
		return clip{}, &FileError{path, fmt.Errorf("%w: %w", ErrUnreadable, err), "copy it again"}
	}
	c := clip{audio.Samples, Report{path, info.Duration(), wav.Measure(audio.Samples, audio.Rate)}}
	return c, c.report.level()
}

// level checks how loud the prompt is.
func (r Report) level() error {
	m := r.Measure
	switch {
	case m.Clipped > maxClipped:
		return &FileError{
			r.Path, fmt.Errorf("%.1f%% of it clipped: %w", 100*m.Clipped, ErrLevel), "record it anew, lower",
		}
	case m.LevelDBFS < minLevelDBFS || m.LevelDBFS > maxLevelDBFS:
		return &FileError{
			r.Path,
			fmt.Errorf("%.1f dBFS, wanted from %d to %d: %w", m.LevelDBFS, minLevelDBFS, maxLevelDBFS, ErrLevel),
			"bring it near -20 dBFS with sox IN.wav OUT.wav gain DB",
		}
	}
	return nil
}
