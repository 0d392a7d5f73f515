package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrFormat says that a file is not what a telephone speaks. The error that
// wraps it names the file, what is wrong and how to convert it.
var ErrFormat = errors.New("not an 8 kHz 16-bit mono WAV file")

// maxWAV is an hour of telephone audio: nobody speaks that long after a beep,
// and a wrong file name must not fill the memory.
const maxWAV = 3600 * Rate * 2

// ReadWAV reads the samples of a WAV file of 8000 Hz, 16 bits, one channel.
// Other files are refused with ErrFormat. A length in the header that is wrong
// (recorders that were killed leave 0 there) gives way to the file's own.
func ReadWAV(path string) ([]int16, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tooLong := fmt.Errorf("%s is longer than an hour: %w; cut it first", path, ErrFormat)
	if info, err := f.Stat(); err == nil && info.Size() > maxWAV {
		return nil, tooLong
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxWAV+1)) // a pipe has no size
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(raw) > maxWAV {
		return nil, tooLong
	}
	samples, problem := decodeWAV(raw)
	if problem != "" {
		return nil, fmt.Errorf("%s %s: %w; convert it: sox %s -r 8000 -c 1 -b 16 OUT.wav", path, problem, ErrFormat, path)
	}
	return samples, nil
}

// decodeWAV walks the chunks of a RIFF file; problem says what is wrong in
// words that follow the file's name.
func decodeWAV(raw []byte) (samples []int16, problem string) {
	if len(raw) < 12 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WAVE" {
		return nil, "has no RIFF/WAVE header"
	}
	format := ""
	for rest := raw[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		body := rest[8:]
		switch id {
		case "fmt ":
			if size < 16 || len(body) < 16 {
				return nil, "has a broken format chunk"
			}
			if format = describe(body); format != telephone {
				return nil, "is " + format
			}
		case "data":
			if format == "" {
				return nil, "has no format chunk"
			}
			if size == 0 || size > len(body) {
				size = len(body)
			}
			if size < 2 {
				return nil, "holds no sound"
			}
			return pcm(body[:size]), ""
		}
		size += size & 1 // chunks begin at even offsets
		if size > len(body) {
			break
		}
		rest = body[size:]
	}
	return nil, "holds no sound"
}

// telephone is what describe says of the one format that is taken.
const telephone = "8000 Hz, 16 bits, 1 channel(s), PCM"

// describe words a format chunk of at least 16 bytes.
func describe(chunk []byte) string {
	const tagPCM, tagExtensible = 1, 0xFFFE
	tag := binary.LittleEndian.Uint16(chunk)
	coding := "PCM"
	// The extensible form keeps the coding at the start of its GUID.
	if tag == tagExtensible && len(chunk) >= 26 {
		tag = binary.LittleEndian.Uint16(chunk[24:])
	}
	if tag != tagPCM {
		coding = fmt.Sprintf("coding %d", tag)
	}
	return fmt.Sprintf("%d Hz, %d bits, %d channel(s), %s",
		binary.LittleEndian.Uint32(chunk[4:]), binary.LittleEndian.Uint16(chunk[14:]), binary.LittleEndian.Uint16(chunk[2:]), coding)
}

func pcm(body []byte) []int16 {
	samples := make([]int16, len(body)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
	}
	return samples
}
