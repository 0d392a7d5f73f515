package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Read reads a recording whole. A damaged header is read past, as Inspect
// does it; the errors are the same.
func Read(path string) (*Audio, error) {
	f, stat, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := ReadFrom(f, stat.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// ReadFrom is Read on an open file of the given size.
func ReadFrom(r io.ReaderAt, size int64) (*Audio, error) {
	info, err := InspectFrom(r, size)
	if err != nil {
		return nil, err
	}
	a := &Audio{Rate: info.Rate, Repaired: info.Damage != DamageNone, Samples: make([]int16, 0, info.Samples())}
	buf := make([]byte, min(info.DataSize, blockSize))
	for pos, end := info.DataStart, info.DataStart+info.DataSize; pos < end; {
		b := buf[:min(int64(len(buf)), end-pos)]
		if _, err := r.ReadAt(b, pos); err != nil {
			return nil, shrunk(err)
		}
		for i := 0; i < len(b); i += sampleBytes {
			a.Samples = append(a.Samples, int16(binary.LittleEndian.Uint16(b[i:])))
		}
		pos += int64(len(b))
	}
	return a, nil
}

// shrunk names an end of file that came before the size that the file had
// when it was opened.
func shrunk(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
