package wav

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever a file is cut to, what is read and repaired is a beginning of its
// samples, and all of them that are there; nor do sizes of 0 matter.
func TestEveryTruncationGivesABeginning(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		samples := randomSamples(r, 60)
		whole := good(samples...)
		if r.IntN(2) == 0 {
			whole.before = info
		}
		if r.IntN(2) == 0 {
			whole.after = info
		}
		killed := whole
		killed.riffSize, killed.dataSize, killed.after = 0, 0, nil
		for _, d := range []draft{whole, killed} {
			file := d.bytes()
			start := headerSize + len(d.before)
			for n := range len(file) + 1 {
				there := min(max(n-start, 0)/sampleBytes, len(samples))
				audio, repaired, err := readRepaired(t, file[:n])
				if there == 0 {
					if !typed(err) {
						t.Fatalf("%d of %d bytes: %v", n, len(file), err)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%d of %d bytes: %v", n, len(file), err)
				}
				if !slices.Equal(audio, samples[:there]) || !slices.Equal(repaired, samples[:there]) {
					t.Fatalf("%d of %d bytes: read %d, repaired %d, want %d samples", n, len(file), len(audio), len(repaired), there)
				}
			}
		}
	}
}

// readRepaired reads the file as it is, and once more when repaired, which
// must then need no more repair.
func readRepaired(t *testing.T, file []byte) (audio, repaired []int16, err error) {
	t.Helper()
	r := bytes.NewReader(file)
	info, err := InspectFrom(r, r.Size())
	if err != nil {
		return nil, nil, err
	}
	a, err := ReadFrom(r, r.Size())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	digest, err := info.Scan(t.Context(), r, &out)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(out.Bytes()); digest.FileSHA256 != hex.EncodeToString(sum[:]) {
		t.Fatal("FileSHA256 is not of what was written")
	}
	if sum := sha256.Sum256(pcm(a.Samples...)); digest.AudioSHA256 != hex.EncodeToString(sum[:]) {
		t.Fatal("AudioSHA256 is not of the samples")
	}
	if digest.Measure != Measure(a.Samples, a.Rate) {
		t.Fatal("the measure is not of the samples")
	}
	if info.Damage == DamageNone && !bytes.Equal(out.Bytes(), file) {
		t.Fatal("a file without damage was changed")
	}
	b, err := ReadFrom(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || b.Repaired || b.Rate != a.Rate {
		t.Fatalf("after repair: %+v, %v", b, err)
	}
	return a.Samples, b.Samples, nil
}

func TestScanRepairs(t *testing.T) {
	broken := draft{samples: pcm(5, 6, 7)}.bytes()
	info, err := InspectFrom(bytes.NewReader(broken), int64(len(broken)))
	if err != nil || info.Damage != DamageUnclosed {
		t.Fatalf("damage %q, %v", info.Damage, err)
	}
	var whole bytes.Buffer
	if _, err := info.Scan(t.Context(), bytes.NewReader(broken), &whole); err != nil || !bytes.Equal(whole.Bytes(), good(5, 6, 7).bytes()) {
		t.Errorf("repaired to % x, %v", whole.Bytes(), err)
	}
}

func TestScanSeesThatTheFileShrank(t *testing.T) {
	file := good(1, 2, 3, 4).bytes()
	info, err := InspectFrom(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := info.Scan(t.Context(), bytes.NewReader(file[:48]), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}
