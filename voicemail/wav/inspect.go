package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Info is what a file holds, whatever its header says.
type Info struct {
	Rate      int
	FileSize  int64  // bytes
	DataStart int64  // where the samples begin
	DataSize  int64  // bytes of whole samples that are there; never 0
	Damage    Damage // DamageNone if the header tells the truth
}

// Samples is how many samples the file holds.
func (i Info) Samples() int { return int(i.DataSize / sampleBytes) }

// Duration is how long they play.
func (i Info) Duration() time.Duration {
	return time.Duration(i.Samples()) * time.Second / time.Duration(i.Rate)
}

// Damage is what is wrong with a header, or how the file ends. Every damage
// can be repaired: the samples that are there are known.
type Damage string

// The damages.
const (
	DamageNone     Damage = ""
	DamageUnclosed Damage = "unclosed"    // sizes of 0: the writer was killed before it could set them
	DamageCut      Damage = "cut"         // the header promises more than there is
	DamageGrown    Damage = "grown"       // there is more audio than the header says
	DamageSizes    Damage = "sizes"       // a size is wrong and makes no difference to the audio
	DamageHalf     Damage = "half_sample" // half a sample at the end
)

// Inspect finds the samples in the file at path and says what is wrong with
// its header. The error wraps ErrEmpty, ErrNotWAV, ErrFormat or ErrTooLarge if
// there is nothing to be used in it.
func Inspect(path string) (Info, error) {
	f, stat, err := Open(path)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	info, err := InspectFrom(f, stat.Size())
	if err != nil {
		return Info{}, fmt.Errorf("%s: %w", path, err)
	}
	return info, nil
}

// InspectFrom is Inspect on an open file of the given size.
func InspectFrom(r io.ReaderAt, size int64) (Info, error) {
	if size > MaxSize {
		return Info{}, fmt.Errorf("%d bytes, at most %d are read: %w", size, int64(MaxSize), ErrTooLarge)
	}
	h, err := readHeader(r, size)
	if err != nil {
		return Info{}, err
	}
	info := Info{Rate: h.rate, FileSize: size, DataStart: h.dataStart}
	if err := info.locate(h, r); err != nil {
		return Info{}, err
	}
	if info.DataSize < sampleBytes {
		return Info{}, fmt.Errorf("a header and no sample: %w", ErrEmpty)
	}
	if half := info.DataSize % sampleBytes; half != 0 {
		info.DataSize -= half
		if info.Damage == DamageNone || info.Damage == DamageSizes {
			info.Damage = DamageHalf
		}
	}
	return info, nil
}

// locate finds where the samples end. Sizes are believed as long as the file
// bears them out. Where they cannot be believed, what follows the header is
// audio up to the end of the file: a header loses against a voice.
func (i *Info) locate(h header, r io.ReaderAt) error {
	there := i.FileSize - h.dataStart
	declared := int64(h.dataSize)
	riffEnd := int64(h.riffSize) + 8
	switch {
	case declared == 0 && h.riffSize == 0:
		i.DataSize, i.Damage = there, DamageUnclosed
		return nil
	case declared > there:
		i.DataSize, i.Damage = there, DamageCut
		return nil
	case declared+declared&1 >= there:
		i.DataSize = declared
	default:
		tail := i.DataStart + declared + declared&1
		ok, err := chunksFollow(r, tail, i.FileSize, riffEnd > i.FileSize)
		if err != nil {
			return err
		}
		if !ok {
			// The header was written for less: a writer that was killed
			// while it appended, or between setting the two sizes.
			i.DataSize, i.Damage = there, DamageGrown
			return nil
		}
		i.DataSize = declared
	}
	switch {
	case riffEnd > i.FileSize && h.riffSize != 0:
		i.Damage = DamageCut
	case riffEnd != i.FileSize:
		i.Damage = DamageSizes
	}
	return nil
}

// chunksFollow reports whether what lies between pos and end is a sequence of
// chunks, the last of which may be cut if the header says that the file was
// longer once.
func chunksFollow(r io.ReaderAt, pos, end int64, cut bool) (bool, error) {
	var b [8]byte
	for pos < end {
		n := min(end-pos, int64(len(b)))
		if _, err := r.ReadAt(b[:n], pos); err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		for _, c := range b[:min(n, 4)] {
			if c < ' ' || c > '~' {
				return false, nil
			}
		}
		if n < int64(len(b)) {
			return cut, nil
		}
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		pos += 8 + size
		if pos > end {
			return cut, nil
		}
		pos += size & 1
	}
	return true, nil
}
