package audio

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type chunk struct {
	id   string
	size int // -1 for the true one
	body []byte
}

func riff(chunks ...chunk) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WAVE")
	for _, c := range chunks {
		size := c.size
		if size < 0 {
			size = len(c.body)
		}
		out = append(out, c.id...)
		out = binary.LittleEndian.AppendUint32(out, uint32(size))
		out = append(out, c.body...)
		if len(c.body)%2 == 1 {
			out = append(out, 0)
		}
	}
	return out
}

func format(tag, channels uint16, rate uint32, bits uint16) chunk {
	b := binary.LittleEndian.AppendUint16(nil, tag)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate*uint32(channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, channels*bits/8)
	b = binary.LittleEndian.AppendUint16(b, bits)
	return chunk{"fmt ", -1, b}
}

func extensible() chunk {
	c := format(0xFFFE, 1, 8000, 16)
	c.body = append(c.body, 22, 0, 16, 0, 4, 0, 0, 0)
	c.body = append(c.body, "\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	return c
}

var (
	telephony = format(1, 1, 8000, 16)
	someSound = chunk{"data", -1, []byte{1, 0, 0xFF, 0xFF, 0, 0x80}}
)

func TestReadWAV(t *testing.T) {
	cut := someSound
	cut.size = 1000
	open := someSound
	open.size = 0
	tests := map[string][]byte{
		"plain":                riff(telephony, someSound),
		"extensible":           riff(extensible(), someSound),
		"other chunks between": riff(chunk{"LIST", -1, []byte("abc")}, telephony, chunk{"fact", -1, []byte("abcd")}, someSound, chunk{"id3 ", -1, []byte("x")}),
		"data cut short":       riff(telephony, cut),
		"length 0":             riff(telephony, open),
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "say.wav")
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ReadWAV(path)
			if want := []int16{1, -1, -32768}; err != nil || !slices.Equal(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
}

func TestReadWAVRefuses(t *testing.T) {
	tests := map[string]struct {
		raw  []byte
		says string
	}{
		"text":         {[]byte("hello, this is no sound at all"), "no RIFF/WAVE header"},
		"empty":        {nil, "no RIFF/WAVE header"},
		"44.1 kHz":     {riff(format(1, 1, 44100, 16), someSound), "44100 Hz"},
		"stereo":       {riff(format(1, 2, 8000, 16), someSound), "2 channel(s)"},
		"8 bits":       {riff(format(1, 1, 8000, 8), someSound), "8 bits"},
		"A-law":        {riff(format(6, 1, 8000, 8), someSound), "coding 6"},
		"float":        {riff(format(3, 1, 8000, 16), someSound), "coding 3"},
		"no sound":     {riff(telephony), "holds no sound"},
		"one byte":     {riff(telephony, chunk{"data", -1, []byte{1}})[:45], "holds no sound"},
		"no format":    {riff(someSound), "no format chunk"},
		"short format": {riff(chunk{"fmt ", -1, []byte{1, 0}}, someSound), "broken format chunk"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "say.wav")
			if err := os.WriteFile(path, tt.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ReadWAV(path)
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("error %v, want ErrFormat", err)
			}
			for _, says := range []string{path, tt.says, "sox "} {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
		})
	}
	if _, err := ReadWAV(filepath.Join(t.TempDir(), "none.wav")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
}

func TestReadWAVRefusesAnHour(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.wav")
	if err := os.WriteFile(path, riff(telephony), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, maxWAV+100); err != nil { // a hole: it takes no space
		t.Fatal(err)
	}
	if _, err := ReadWAV(path); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "hour") {
		t.Errorf("error %v", err)
	}
}

func FuzzDecodeWAV(f *testing.F) {
	f.Add(riff(telephony, someSound))
	f.Add(riff(extensible(), someSound))
	f.Add(riff(chunk{"LIST", 3, []byte("abc")}, telephony, chunk{"data", 1 << 31, []byte{1, 2, 3}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		samples, problem := decodeWAV(raw)
		if (len(samples) == 0) != (problem != "") {
			t.Errorf("%d samples, problem %q", len(samples), problem)
		}
		if 2*len(samples) > len(raw) {
			t.Errorf("%d samples out of %d bytes", len(samples), len(raw))
		}
	})
}
