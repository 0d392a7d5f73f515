package caller

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrSealed says that a sealed number cannot be opened: it was sealed under
// another secret, or damaged.
var ErrSealed = errors.New("sealed number cannot be opened")

const sealText = "glennline seal"

// SealKey is the key under which the dialplan seals callers' numbers while we
// are away: 16 characters, as Asterisk's AES_ENCRYPT takes them. It is derived
// from the secret and reveals nothing of it.
func (s *Secret) SealKey() string {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte(sealText))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))[:aes.BlockSize]
}

// Unseal opens what the dialplan sealed: base64 of the AES-128 blocks (ECB,
// filled up with zeros) of four random digits, a dash and the number.
func (s *Secret) Unseal(sealed string) (number string, err error) {
	blocks, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(blocks) == 0 || len(blocks)%aes.BlockSize != 0 {
		return "", fmt.Errorf("%w: it is no sequence of blocks", ErrSealed)
	}
	cipher, err := aes.NewCipher([]byte(s.SealKey()))
	if err != nil {
		return "", err
	}
	for i := 0; i < len(blocks); i += aes.BlockSize {
		cipher.Decrypt(blocks[i:i+aes.BlockSize], blocks[i:i+aes.BlockSize])
	}
	salt, number, found := strings.Cut(strings.TrimRight(string(blocks), "\x00"), "-")
	if !found || len(salt) != 4 || strings.Trim(salt, "0123456789") != "" {
		return "", ErrSealed // never quote it: it may be a number after all
	}
	return number, nil
}
