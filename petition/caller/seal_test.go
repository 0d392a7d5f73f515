package caller_test

import (
	"crypto/aes"
	"encoding/base64"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"glennline/petition/caller"
)

// seal does what Asterisk's AES_ENCRYPT does.
func seal(t *testing.T, key, text string) string {
	t.Helper()
	cipher, err := aes.NewCipher([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	blocks := make([]byte, (len(text)+15)/16*16)
	copy(blocks, text)
	for i := 0; i < len(blocks); i += 16 {
		cipher.Encrypt(blocks[i:], blocks[i:])
	}
	return base64.StdEncoding.EncodeToString(blocks)
}

func TestUnseal(t *testing.T) {
	s, err := caller.OpenSecret(filepath.Join(t.TempDir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := caller.OpenSecret(filepath.Join(t.TempDir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"+3225550100", "3225550100", "", "+32255501001234567890123456789"} {
		got, err := s.Unseal(seal(t, s.SealKey(), "4711-"+number))
		if err != nil || got != number {
			t.Errorf("Unseal gave %q, %v, want %q", got, err, number)
		}
	}
	for _, sealed := range []string{"", "x", "AAAA", seal(t, other.SealKey(), "4711-+3225550100"), seal(t, s.SealKey(), "+3225550100")} {
		if got, err := s.Unseal(sealed); !errors.Is(err, caller.ErrSealed) {
			t.Errorf("Unseal(%q) gave %q, %v, want ErrSealed", sealed, got, err)
		}
	}
}

func TestForms(t *testing.T) {
	for _, tt := range []struct {
		number, region string
		want           []string
	}{
		{"+32 2 555 01 00", "BE", []string{"+3225550100", "3225550100", "003225550100", "025550100"}},
		{"+32 2 555 01 00", "FR", []string{"+3225550100", "3225550100", "003225550100"}},
		{"petition", "BE", []string{"petition"}},
	} {
		if got := caller.Forms(tt.number, tt.region); !slices.Equal(got, tt.want) {
			t.Errorf("Forms(%q, %s) = %v, want %v", tt.number, tt.region, got, tt.want)
		}
	}
}
