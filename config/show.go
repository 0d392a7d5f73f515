package config

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/goccy/go-yaml"
)

// YAML is the whole configuration as it is in force, every key in the order of
// File. It holds no secret: those are in files of their own.
func (f File) YAML() ([]byte, error) { return yaml.Marshal(f) }

// SHA256 is the hash of YAML, hex.
func (f File) SHA256() (string, error) {
	text, err := f.YAML()
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}
