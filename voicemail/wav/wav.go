// Package wav reads the recordings that Asterisk writes, repairs what a crash
// left of them, and measures what is in them.
//
// A recording is a RIFF/WAVE file of 16-bit PCM with one channel, at 8 kHz
// for a telephone call; other rates are read too. Asterisk writes the header
// with sizes of 0, appends samples, and sets the sizes when it closes the
// file: a file whose writer was killed is whole but for its sizes, and its
// length follows from the file's size. The sources are format_wav.c in
// Asterisk 22 and "Multimedia Programming Interface and Data Specifications
// 1.0" (IBM and Microsoft, 1991).
//
// Nothing in here changes or removes a file that it was given to read.
package wav

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// MaxSize is the largest file that is looked into, in bytes: more than two
// hours at 8 kHz. What is larger is no message and is refused unread.
const MaxSize = 128 << 20

// What can be wrong with a file so that no sample of it can be used.
var (
	// ErrEmpty says that there is a header, or the beginning of one, and not one sample.
	ErrEmpty = errors.New("no audio in the file")
	// ErrNotWAV says that it is not RIFF/WAVE, or that no audio is to be found in it.
	ErrNotWAV = errors.New("not a WAV file")
	// ErrFormat says that it is a WAV file, but not 16-bit PCM with one channel.
	ErrFormat = errors.New("not 16-bit PCM with one channel")
	// ErrTooLarge says that it is longer than MaxSize.
	ErrTooLarge = errors.New("file too large for a recording")
)

// Audio is a recording in memory.
type Audio struct {
	Rate     int // samples a second
	Samples  []int16
	Repaired bool // the header was wrong; Samples is all that the file holds
}

// Open opens a recording for reading and returns its size. It opens nothing
// but regular files and follows no symbolic link in the last element of path,
// so that a name in a folder that others write to cannot lead it elsewhere.
// The caller closes the file.
func Open(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotWAV}
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}
