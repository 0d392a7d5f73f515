package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// hashOf is the SHA-256 of what is left to read of r, in hex.
func hashOf(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
