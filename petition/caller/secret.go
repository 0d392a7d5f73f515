package caller

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// secretLength is the secret's length in bytes: that of SHA-256's output, past
// which HMAC gains nothing (RFC 2104, section 3).
const secretLength = 32

// What ID and Check are the HMACs of. No E.164 number is equal to either, so
// neither is anybody's pseudonym.
const (
	idText    = "glennline secret id"
	checkText = "glennline secret check"
)

// Secret is the key under which callers' numbers become pseudonyms. All 50
// million mobile numbers of a country can be hashed in seconds; only a key that
// is kept apart from the database protects them.
//
// A Secret prints as its ID and never as its key.
type Secret struct {
	ID  string // 16 hex digits; says which secret made a pseudonym, and nothing about it
	key [secretLength]byte
}

func newSecret(key [secretLength]byte) *Secret {
	s := &Secret{key: key}
	s.ID = s.mac(idText)[:16]
	return s
}

// Check is the value by which a database knows this secret again: 64 hex
// digits that reveal nothing about the key.
func (s *Secret) Check() string { return s.mac(checkText) }

// Pseudonym is the HMAC-SHA-256 of an E.164 number with its plus, as 64 hex
// digits.
func (s *Secret) Pseudonym(e164 string) string { return s.mac(e164) }

func (s *Secret) mac(text string) string {
	m := hmac.New(sha256.New, s.key[:])
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// Format prints the id whatever the verb, since %x and %+v would otherwise
// print the key.
func (s *Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "secret "+s.ID)
}

var _ fmt.Formatter = (*Secret)(nil)
