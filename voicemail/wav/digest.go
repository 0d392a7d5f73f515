package wav

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"

	"glennline/petition"
)

// blockSize is how much of a file is held at once.
const blockSize = 64 << 10

var blocks = sync.Pool{New: func() any { return new([blockSize]byte) }}

// Digest is what one pass over a recording tells.
type Digest struct {
	FileSHA256  string // hex, of the file as it is, or as it is written to dst
	AudioSHA256 string // hex, of the samples alone
	Measure     petition.Measure
}

// Scan reads the file that i describes once, from its beginning to its end,
// and returns its hashes and its measure.
//
// If dst is not nil, the file is copied to it. A damaged file is repaired on
// the way: what is written, or would be, is a new header and the samples, and
// FileSHA256 is of that. A file that is shorter than when it was inspected
// gives io.ErrUnexpectedEOF.
func (i Info) Scan(ctx context.Context, r io.ReaderAt, dst io.Writer) (Digest, error) {
	file, audio, meter := sha256.New(), sha256.New(), borrowMeter(i.Rate)
	defer meter.giveBack()
	block := blocks.Get().(*[blockSize]byte)
	defer blocks.Put(block)

	put := func(b []byte, samples bool) error {
		file.Write(b)
		if samples {
			audio.Write(b)
			meter.Take(b)
		}
		if dst == nil {
			return nil
		}
		_, err := dst.Write(b)
		return err
	}
	copyRange := func(pos, end int64, samples bool) error {
		for pos < end {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := block[:min(blockSize, end-pos)]
			if _, err := r.ReadAt(b, pos); err != nil {
				return shrunk(err)
			}
			if err := put(b, samples); err != nil {
				return err
			}
			pos += int64(len(b))
		}
		return nil
	}

	dataEnd := i.DataStart + i.DataSize
	head, tail := i.DataStart, i.FileSize
	if i.Damage != DamageNone {
		if err := put(appendHeader(nil, i.Rate, i.DataSize), false); err != nil {
			return Digest{}, err
		}
		head, tail = 0, dataEnd
	}
	if err := copyRange(0, head, false); err != nil {
		return Digest{}, err
	}
	if err := copyRange(i.DataStart, dataEnd, true); err != nil {
		return Digest{}, err
	}
	if err := copyRange(dataEnd, tail, false); err != nil {
		return Digest{}, err
	}
	return Digest{
		FileSHA256:  hex.EncodeToString(file.Sum(nil)),
		AudioSHA256: hex.EncodeToString(audio.Sum(nil)),
		Measure:     meter.Measure(),
	}, nil
}
