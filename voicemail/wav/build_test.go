package wav

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// draft is a WAV file that a test puts together, right or wrong.
type draft struct {
	riffSize int64 // -1 for what is right
	dataSize int64
	format   []byte // nil for PCM, 16 bits, one channel, 8 kHz
	before   []byte // chunks between fmt and data
	samples  []byte
	after    []byte // chunks after the data
}

// good is a file as Asterisk closes it.
func good(samples ...int16) draft {
	return draft{riffSize: -1, dataSize: -1, samples: pcm(samples...)}
}

func (d draft) bytes() []byte {
	le := binary.LittleEndian
	format := d.format
	if format == nil {
		format = pcmFormat(tagPCM, 1, 8000, 16)
	}
	dataSize := d.dataSize
	if dataSize < 0 {
		dataSize = int64(len(d.samples))
	}
	body := append([]byte("WAVE"), chunk("fmt ", format)...)
	body = append(body, d.before...)
	body = append(body, "data"...)
	body = le.AppendUint32(body, uint32(dataSize))
	body = append(body, d.samples...)
	body = append(body, d.after...)
	riffSize := d.riffSize
	if riffSize < 0 {
		riffSize = int64(len(body))
	}
	return append(le.AppendUint32([]byte("RIFF"), uint32(riffSize)), body...)
}

func pcm(samples ...int16) []byte {
	var b []byte
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

func pcmFormat(tag, channels uint16, rate uint32, bits uint16) []byte {
	le := binary.LittleEndian
	b := le.AppendUint16(nil, tag)
	b = le.AppendUint16(b, channels)
	b = le.AppendUint32(b, rate)
	b = le.AppendUint32(b, rate*uint32(channels)*uint32(bits)/8)
	b = le.AppendUint16(b, channels*bits/8)
	return le.AppendUint16(b, bits)
}

// extensible is a WAVEFORMATEXTENSIBLE of 8 kHz and one channel.
func extensible(bits, valid uint16, subformat []byte) []byte {
	le := binary.LittleEndian
	b := pcmFormat(tagExtensible, 1, 8000, bits)
	b = le.AppendUint16(b, 22)
	b = le.AppendUint16(b, valid)
	b = le.AppendUint32(b, 4) // the front centre speaker
	return append(b, subformat...)
}

func chunk(id string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 != 0 {
		b = append(b, 0)
	}
	return b
}

// info is a LIST chunk as sox and ffmpeg leave it.
var info = chunk("LIST", append([]byte("INFO"), chunk("ISFT", []byte("Lavf59.27.100"))...))

func writeFile(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// randomSamples are of a random number, at least one.
func randomSamples(r *rand.Rand, atMost int) []int16 {
	samples := make([]int16, 1+r.IntN(atMost))
	for i := range samples {
		samples[i] = int16(r.Uint32())
	}
	return samples
}

// typed reports whether err is one of those that Inspect promises.
func typed(err error) bool {
	return errors.Is(err, ErrEmpty) || errors.Is(err, ErrNotWAV) || errors.Is(err, ErrFormat) || errors.Is(err, ErrTooLarge)
}
