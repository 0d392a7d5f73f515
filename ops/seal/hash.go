package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
	"sync"
)

// Sum is the SHA-256 of bytes, hex.
func Sum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Hash is a writer that sums what is written, and passes it on.
type Hash struct {
	to  io.Writer
	sum hash.Hash
	n   int64
}

// NewHash passes on to a writer.
func NewHash(to io.Writer) *Hash { return &Hash{to: to, sum: sha256.New()} }

// Write passes on, and sums what was taken.
func (h *Hash) Write(p []byte) (int, error) {
	n, err := h.to.Write(p)
	h.sum.Write(p[:n])
	h.n += int64(n)
	return n, err
}

// Sum is the SHA-256 of what was written so far, hex.
func (h *Hash) Sum() string { return hex.EncodeToString(h.sum.Sum(nil)) }

// Size is how many bytes were written so far.
func (h *Hash) Size() int64 { return h.n }

// HashFile is the SHA-256 of a file, hex.
func HashFile(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return HashReader(ctx, f)
}

// HashReader is the SHA-256 of the rest of r, hex.
func HashReader(ctx context.Context, r io.Reader) (string, error) {
	h := sha256.New()
	err := Copy(ctx, h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}

// buffers are those of Copy: a million recordings one after the other do with one.
var buffers = sync.Pool{New: func() any { return new([128 << 10]byte) }}

// Copy copies the rest of r, for as long as the context lasts.
func Copy(ctx context.Context, to io.Writer, r io.Reader) error {
	buffer := buffers.Get().(*[128 << 10]byte) //nolint:forcetypeassert // ours alone
	defer buffers.Put(buffer)
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, Until(ctx, r), buffer[:])
	return err
}

// Until is a reader that ends with its context.
func Until(ctx context.Context, r io.Reader) io.Reader { return until{ctx, r} }

type until struct {
	ctx context.Context //nolint:containedctx // lives as long as what is read by it
	r   io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
