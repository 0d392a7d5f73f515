package labelled

import (
	"bytes"
	"embed"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/zaf/g711"
)

// What lies in clips/ is made by clips/generate; README.md says whose it
// is.
//
//go:embed clips/*/*.wav
var files embed.FS

// clip is a piece of sound from a file.
type clip struct {
	name    string // speaker/clip
	speaker string // or track
	part    Part
	samples []float64 // at clipLevel
}

// clipLevel is that of the files, in dBFS: of speech without its pauses.
const clipLevel = -24

// clips are those whose speaker begins with the prefix, by name.
func clips(prefix string) []clip {
	var chosen []clip
	for _, c := range loaded() {
		if strings.HasPrefix(c.speaker, prefix) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

var loaded = sync.OnceValue(func() []clip {
	names, err := fs.Glob(files, "clips/*/*.wav")
	if err != nil {
		panic(err)
	}
	var all []clip
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		samples, err := decode(raw)
		if err != nil {
			panic(fmt.Errorf("%s: %w", name, err))
		}
		speaker := path.Base(path.Dir(name))
		all = append(all, clip{
			name:    speaker + "/" + strings.TrimSuffix(path.Base(name), ".wav"),
			speaker: speaker,
			samples: samples,
		})
	}
	return split(all)
})

// split gives every other speaker of a kind to each part, in an order that
// follows from their names and nothing else.
func split(all []clip) []clip {
	order := map[string]uint64{}
	for _, c := range all {
		h := fnv.New64a()
		_, _ = h.Write([]byte("part of " + c.speaker))
		order[c.speaker] = h.Sum64()
	}
	var speakers []string
	for speaker := range order {
		speakers = append(speakers, speaker)
	}
	slices.SortFunc(speakers, func(a, b string) int {
		if order[a] < order[b] {
			return -1
		}
		return 1
	})
	parts, turn := map[string]Part{}, map[string]int{}
	for _, speaker := range speakers {
		kind, _, _ := strings.Cut(speaker, "-")
		if strings.Contains(speaker, "whisper") {
			kind = "whisper"
		}
		parts[speaker] = []Part{Calibration, HeldOut}[turn[kind]%2]
		turn[kind]++
	}
	for i := range all {
		all[i].part = parts[all[i].speaker]
	}
	return all
}

// decode reads a WAV file of A-law with one channel at 8 kHz, as sox writes it.
func decode(raw []byte) ([]float64, error) {
	i := bytes.Index(raw, []byte("data"))
	if !bytes.HasPrefix(raw, []byte("RIFF")) || i < 0 || binary.LittleEndian.Uint16(raw[20:]) != 6 {
		return nil, fmt.Errorf("not A-law in a WAV file")
	}
	n := min(int(binary.LittleEndian.Uint32(raw[i+4:])), len(raw)-i-8)
	samples := make([]float64, n)
	for k, b := range raw[i+8:][:n] {
		samples[k] = float64(g711.DecodeAlawFrame(b))
	}
	return samples, nil
}
