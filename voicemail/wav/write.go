package wav

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Write writes samples as a WAV file of 16-bit PCM with one channel. The
// error wraps ErrEmpty, ErrFormat or ErrTooLarge, before anything is written,
// for what Read would not take back.
func Write(w io.Writer, rate int, samples []int16) error {
	size := int64(len(samples)) * sampleBytes
	switch {
	case size == 0:
		return ErrEmpty
	case size > MaxSize-headerSize:
		return fmt.Errorf("%d samples: %w", len(samples), ErrTooLarge)
	case rate < minRate || rate > maxRate:
		return fmt.Errorf("%d Hz: %w", rate, ErrFormat)
	}
	buf := appendHeader(make([]byte, 0, min(size+headerSize, blockSize)), rate, size)
	for _, s := range samples {
		if len(buf)+sampleBytes > cap(buf) {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		buf = binary.LittleEndian.AppendUint16(buf, uint16(s))
	}
	_, err := w.Write(buf)
	return err
}
