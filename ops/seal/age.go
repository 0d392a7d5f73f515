package seal

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
)

// EncryptedSuffix is what the name of an encrypted file in a folder ends in.
const EncryptedSuffix = ".age"

var (
	// ErrRecipient says that nobody can be encrypted for in this way.
	ErrRecipient = errors.New("not an age recipient")
	// ErrIdentity says that a file of identities holds none, or none that opens.
	ErrIdentity = errors.New("not an age identity that opens this")
)

// Recipients reads for whom to encrypt: age1… as age-keygen prints it.
func Recipients(all []string) ([]age.Recipient, error) {
	var recipients []age.Recipient
	hybrid := 0
	for _, text := range all {
		if strings.HasPrefix(strings.ToUpper(text), "AGE-SECRET-KEY-") {
			return nil, fmt.Errorf("%w: that is a secret key, and it now stands in the shell's history; give the public one, which begins with age1", ErrRecipient)
		}
		found, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil || len(found) != 1 {
			return nil, fmt.Errorf("%w: %q: give one as age-keygen prints it, which begins with age1", ErrRecipient, text)
		}
		if _, ok := found[0].(*age.HybridRecipient); ok {
			hybrid++
		}
		recipients = append(recipients, found[0])
	}
	if hybrid > 0 && hybrid < len(recipients) {
		return nil, fmt.Errorf("%w: age1pq1… and others cannot open the same file: encrypt for each kind apart", ErrRecipient)
	}
	return recipients, nil
}

// Identities reads the secret keys of a file as age-keygen makes it.
func Identities(path string) ([]age.Identity, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	identities, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: name a file that age-keygen made", path, ErrIdentity)
	}
	return identities, nil
}
