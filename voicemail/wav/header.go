package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	headerSize  = 44      // RIFF, fmt and data headers as Asterisk writes them
	maxPreamble = 1 << 16 // how far into a file its data chunk is looked for
	sampleBytes = 2

	tagPCM        = 0x0001
	tagExtensible = 0xFFFE

	minRate = 1000
	maxRate = 192000
)

// pcmSubformat is KSDATAFORMAT_SUBTYPE_PCM, as it lies in a
// WAVEFORMATEXTENSIBLE.
var pcmSubformat = []byte{
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00,
	0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71,
}

// header is what a file says of itself, as far as its data chunk.
type header struct {
	rate      int
	riffSize  uint32 // as written: bytes after the first 8
	dataStart int64  // where the samples begin
	dataSize  uint32 // as written
}

// readHeader reads the chunks before the samples. It trusts no size further
// than it has to, and reads no more than maxPreamble bytes.
func readHeader(r io.ReaderAt, size int64) (header, error) {
	var h header
	buf := make([]byte, min(size, 512)) // nearly always all of it
	for {
		if _, err := r.ReadAt(buf, 0); err != nil && !errors.Is(err, io.EOF) {
			return h, err
		}
		more, err := h.parse(buf, size)
		if !more {
			return h, err
		}
		buf = make([]byte, min(size, maxPreamble))
	}
}

// parse reads the header from the beginning of a file of the given size. It
// asks for more bytes by returning true, once.
func (h *header) parse(b []byte, size int64) (more bool, err error) {
	if !plausibleRIFF(b) {
		return false, ErrNotWAV
	}
	if size < headerSize {
		return false, fmt.Errorf("cut within its header, %d bytes: %w", size, ErrEmpty)
	}
	h.riffSize = binary.LittleEndian.Uint32(b[4:])
	format := false
	pos := int64(12)
	for {
		if pos+8 > int64(len(b)) {
			more = int64(len(b)) < min(size, maxPreamble)
			return more, fmt.Errorf("no data chunk: %w", ErrNotWAV)
		}
		id, n := string(b[pos:pos+4]), binary.LittleEndian.Uint32(b[pos+4:])
		body := pos + 8
		switch id {
		case "data":
			if !format {
				return false, fmt.Errorf("no fmt chunk before the data: %w", ErrNotWAV)
			}
			h.dataStart, h.dataSize = body, n
			return false, nil
		case "fmt ":
			end := body + int64(n)
			if end > int64(len(b)) {
				more = end <= min(size, maxPreamble) && int64(len(b)) < min(size, maxPreamble)
				return more, fmt.Errorf("fmt chunk of %d bytes: %w", n, ErrNotWAV)
			}
			if err := h.parseFormat(b[body:end]); err != nil {
				return false, err
			}
			format = true
		}
		pos = body + int64(n) + int64(n&1)
	}
}

// plausibleRIFF reports whether b can be the beginning of a WAV file. One
// that is cut before its twelfth byte still can.
func plausibleRIFF(b []byte) bool {
	riff, form := b[:min(len(b), 4)], b[min(len(b), 8):min(len(b), 12)]
	return bytes.HasPrefix([]byte("RIFF"), riff) && bytes.HasPrefix([]byte("WAVE"), form)
}

// parseFormat takes a WAVEFORMATEX or WAVEFORMATEXTENSIBLE. Byte rate and
// block size are not looked at: they follow from the rest.
func (h *header) parseFormat(b []byte) error {
	if len(b) < 16 {
		return fmt.Errorf("fmt chunk of %d bytes: %w", len(b), ErrNotWAV)
	}
	tag := binary.LittleEndian.Uint16(b[0:])
	channels := binary.LittleEndian.Uint16(b[2:])
	rate := binary.LittleEndian.Uint32(b[4:])
	bits := binary.LittleEndian.Uint16(b[14:])
	pcm := tag == tagPCM
	if tag == tagExtensible && len(b) >= 40 {
		valid := binary.LittleEndian.Uint16(b[18:])
		pcm = bytes.Equal(b[24:40], pcmSubformat) && (valid == bits || valid == 0)
	}
	if !pcm || channels != 1 || bits != 16 || rate < minRate || rate > maxRate {
		return fmt.Errorf("format %#04x, %d bits, %d channels, %d Hz: %w", tag, bits, channels, rate, ErrFormat)
	}
	h.rate = int(rate)
	return nil
}

// appendHeader appends the header of a file with dataSize bytes of samples.
func appendHeader(b []byte, rate int, dataSize int64) []byte {
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(headerSize-8+dataSize))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, tagPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(rate*sampleBytes))
	b = le.AppendUint16(b, sampleBytes)
	b = le.AppendUint16(b, 8*sampleBytes)
	b = append(b, "data"...)
	return le.AppendUint32(b, uint32(dataSize))
}
