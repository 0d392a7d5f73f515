package wav

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func TestInspectFindsTheSamples(t *testing.T) {
	samples := []int16{1, -2, 300, -400, 32767, -32768}
	data := pcm(samples...)
	size := int64(len(data))
	tests := []struct {
		name   string
		draft  draft
		want   []int16
		damage Damage
	}{
		{"closed", good(samples...), samples, DamageNone},
		{"killed", draft{samples: data}, samples, DamageUnclosed},
		{"killed between the sizes", draft{riffSize: 36 + size, samples: data}, samples, DamageGrown},
		{"header of no samples", draft{riffSize: 36, samples: data}, samples, DamageGrown},
		{"appended to and killed", draft{riffSize: 36 + 4, dataSize: 4, samples: data}, samples, DamageGrown},
		{"appended silence", draft{riffSize: 36 + 4, dataSize: 4, samples: append(pcm(1, 2), make([]byte, 8)...)}, []int16{1, 2, 0, 0, 0, 0}, DamageGrown},
		{"appended what looks like a chunk", draft{riffSize: 36 + 4, dataSize: 4, samples: append(pcm(1, 2), "LIST\x08\x00\x00\x00"...)}, []int16{1, 2, 0x494c, 0x5453, 8, 0}, DamageGrown},
		{"cut", draft{riffSize: 36 + 100, dataSize: 100, samples: data}, samples, DamageCut},
		{"streamed", draft{riffSize: 0xFFFFFFFF, dataSize: 0xFFFFFFFF, samples: data}, samples, DamageCut},
		{"RIFF size of 0", draft{riffSize: 0, dataSize: size, samples: data}, samples, DamageSizes},
		{"RIFF size too small", draft{riffSize: 7, dataSize: size, samples: data}, samples, DamageSizes},
		{"half a sample", draft{riffSize: 36 + size + 1, dataSize: size + 1, samples: append(data[:size:size], 9)}, samples, DamageHalf},
		{"half a sample, padded", draft{riffSize: 36 + size + 2, dataSize: size + 1, samples: append(data[:size:size], 9, 0)}, samples, DamageHalf},
		{"killed at half a sample", draft{samples: append(data[:size:size], 9)}, samples, DamageUnclosed},
		{"one byte too many", draft{riffSize: 36 + size, dataSize: size, samples: append(data[:size:size], 9)}, samples, DamageGrown},
		{"chunk before", draft{riffSize: -1, dataSize: -1, before: info, samples: data}, samples, DamageNone},
		{"long chunk before", draft{riffSize: -1, dataSize: -1, before: chunk("JUNK", make([]byte, 40000)), samples: data}, samples, DamageNone},
		{"odd chunk before", draft{riffSize: -1, dataSize: -1, before: chunk("note", []byte("odd")), samples: data}, samples, DamageNone},
		{"chunks after", draft{riffSize: -1, dataSize: -1, samples: data, after: slices.Concat(info, info)}, samples, DamageNone},
		{"chunk after, cut", draft{riffSize: 36 + size + int64(len(info)), dataSize: size, samples: data, after: info[:11]}, samples, DamageCut},
		{"chunk after, cut in its head", draft{riffSize: 36 + size + int64(len(info)), dataSize: size, samples: data, after: info[:3]}, samples, DamageCut},
		{"chunk after, unclosed RIFF", draft{riffSize: 0, dataSize: size, samples: data, after: info}, samples, DamageSizes},
		{"killed, chunk before", draft{before: info, samples: data}, samples, DamageUnclosed},
		{"extensible", draft{riffSize: -1, dataSize: -1, format: extensible(16, 16, pcmSubformat), samples: data}, samples, DamageNone},
		{"extensible, valid bits not said", draft{riffSize: -1, dataSize: -1, format: extensible(16, 0, pcmSubformat), samples: data}, samples, DamageNone},
		{"fmt of 18 bytes", draft{riffSize: -1, dataSize: -1, format: append(pcmFormat(tagPCM, 1, 8000, 16), 0, 0), samples: data}, samples, DamageNone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeFile(t, "a.wav", tt.draft.bytes())
			info, err := Inspect(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Damage != tt.damage {
				t.Errorf("damage %q, want %q", info.Damage, tt.damage)
			}
			audio, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(audio.Samples, tt.want) {
				t.Errorf("samples %v, want %v", audio.Samples, tt.want)
			}
			if audio.Rate != 8000 || audio.Repaired != (tt.damage != DamageNone) || info.Samples() != len(tt.want) {
				t.Errorf("audio %+v, info %+v", audio, info)
			}
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	data := pcm(1, 2, 3)
	float := slices.Clone(pcmSubformat)
	float[0] = 3
	tests := []struct {
		name string
		file []byte
		want error
	}{
		{"nothing", nil, ErrEmpty},
		{"one byte", []byte("R"), ErrEmpty},
		{"cut within RIFF", []byte("RIFF\x00\x00\x00\x00WA"), ErrEmpty},
		{"cut within fmt", good(1).bytes()[:30], ErrEmpty},
		{"header only", good().bytes(), ErrEmpty},
		{"header only, sizes of 0", draft{}.bytes(), ErrEmpty},
		{"header only, promises more", draft{riffSize: 136, dataSize: 100}.bytes(), ErrEmpty},
		{"header and half a sample", draft{samples: []byte{1}}.bytes(), ErrEmpty},
		{"no samples and a chunk", draft{riffSize: -1, dataSize: -1, after: info}.bytes(), ErrEmpty},
		{"zeros", make([]byte, 100000), ErrNotWAV},
		{"text", bytes.Repeat([]byte("no sound at all\n"), 100), ErrNotWAV},
		{"AVI", append([]byte("RIFF\x00\x00\x00\x00AVI "), make([]byte, 100)...), ErrNotWAV},
		{"big-endian", append([]byte("RIFX\x00\x00\x00\x00WAVE"), make([]byte, 100)...), ErrNotWAV},
		{"no fmt", slices.Concat([]byte("RIFF\x00\x00\x00\x00WAVEdata\x06\x00\x00\x00"), data, make([]byte, 40)), ErrNotWAV},
		{"no data", draft{riffSize: -1}.bytes()[:36:36], ErrEmpty},
		{"no data, long", slices.Concat(draft{riffSize: -1}.bytes()[:36:36], chunk("JUNK", make([]byte, 100))), ErrNotWAV},
		{"fmt too short", slices.Concat([]byte("RIFF\x00\x00\x00\x00WAVE"), chunk("fmt ", make([]byte, 8)), chunk("data", make([]byte, 40))), ErrNotWAV},
		{"fmt beyond the end", slices.Concat([]byte("RIFF\x00\x00\x00\x00WAVEfmt \xff\xff\xff\xff"), make([]byte, 400)), ErrNotWAV},
		{"data too far", draft{riffSize: -1, dataSize: -1, before: chunk("JUNK", make([]byte, 70000)), samples: data}.bytes(), ErrNotWAV},
		{"stereo", draft{riffSize: -1, dataSize: -1, format: pcmFormat(tagPCM, 2, 8000, 16), samples: data}.bytes(), ErrFormat},
		{"8 bits", draft{riffSize: -1, dataSize: -1, format: pcmFormat(tagPCM, 1, 8000, 8), samples: data}.bytes(), ErrFormat},
		{"24 bits", draft{riffSize: -1, dataSize: -1, format: pcmFormat(tagPCM, 1, 8000, 24), samples: data}.bytes(), ErrFormat},
		{"A-law", draft{riffSize: -1, dataSize: -1, format: pcmFormat(6, 1, 8000, 8), samples: data}.bytes(), ErrFormat},
		{"float", draft{riffSize: -1, dataSize: -1, format: pcmFormat(3, 1, 8000, 32), samples: data}.bytes(), ErrFormat},
		{"0 Hz", draft{riffSize: -1, dataSize: -1, format: pcmFormat(tagPCM, 1, 0, 16), samples: data}.bytes(), ErrFormat},
		{"4 GHz", draft{riffSize: -1, dataSize: -1, format: pcmFormat(tagPCM, 1, 4e9, 16), samples: data}.bytes(), ErrFormat},
		{"extensible float", draft{riffSize: -1, dataSize: -1, format: extensible(16, 16, float), samples: data}.bytes(), ErrFormat},
		{"extensible of 12 valid bits", draft{riffSize: -1, dataSize: -1, format: extensible(16, 12, pcmSubformat), samples: data}.bytes(), ErrFormat},
		{"extensible cut short", draft{riffSize: -1, dataSize: -1, format: extensible(16, 16, nil), samples: data}.bytes(), ErrFormat},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeFile(t, "a.wav", tt.file)
			for what, err := range map[string]error{
				"Inspect": second(Inspect(path)),
				"Read":    second(Read(path)),
			} {
				if !errors.Is(err, tt.want) {
					t.Errorf("%s: %v, want %v", what, err, tt.want)
				}
				if !bytes.Contains([]byte(err.Error()), []byte(path)) {
					t.Errorf("%s: %v does not name the file", what, err)
				}
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, tt.file) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// A file of 1 GB is refused by its size alone.
func TestLargeFileIsRefusedUnread(t *testing.T) {
	path := writeFile(t, "large.wav", draft{dataSize: 1 << 30, riffSize: 36 + 1<<30, samples: pcm(1)}.bytes())
	if err := os.Truncate(path, 1<<30); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"Inspect": second(Inspect(path)), "Read": second(Read(path))} {
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v, want ErrTooLarge", what, err)
		}
	}
	if _, err := InspectFrom(untouchable{t}, MaxSize+1); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// untouchable fails the test that reads from it.
type untouchable struct{ t *testing.T }

func (u untouchable) ReadAt([]byte, int64) (int, error) {
	u.t.Error("was read")
	return 0, fs.ErrInvalid
}

func TestOpenTakesRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, "a.wav", good(1).bytes())
	link, fifo := filepath.Join(dir, "link"), filepath.Join(dir, "fifo")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, link, fifo} { // a fifo without a writer must not block
		if f, _, err := Open(path); err == nil {
			f.Close()
			t.Errorf("opened %s", path)
		}
	}
	if _, _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
