package seal

import (
	"errors"
	"fmt"
	"io"
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
		return nil, fmt.Errorf("%s: %s: name a file that age-keygen made", path, reason(err))
	}
	defer f.Close()
	identities, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: name a file that age-keygen made", path, ErrIdentity)
	}
	return identities, nil
}

// Outlet is where what is written leaves: it is summed, encrypted where there are
// recipients, and summed again.
type Outlet struct {
	inside *Hash // what is written
	left   *Hash // what leaves; the same where nothing is encrypted
	lock   io.WriteCloser
}

// NewOutlet writes to w, encrypted for the recipients if there are any.
func NewOutlet(w io.Writer, recipients []age.Recipient) (*Outlet, error) {
	o := &Outlet{left: NewHash(w)}
	o.inside = o.left
	if len(recipients) == 0 {
		return o, nil
	}
	var err error
	if o.lock, err = age.Encrypt(o.left, recipients...); err != nil {
		return nil, err
	}
	o.inside = NewHash(o.lock)
	return o, nil
}

// Write writes what is to be encrypted.
func (o *Outlet) Write(p []byte) (int, error) { return o.inside.Write(p) }

// Close writes the end of what is encrypted. What it wrote to stays open.
func (o *Outlet) Close() error {
	if o.lock == nil {
		return nil
	}
	return o.lock.Close()
}

// Encrypted is whether it encrypts.
func (o *Outlet) Encrypted() bool { return o.lock != nil }

// Sum is the SHA-256 of what left, hex; after Close of all of it.
func (o *Outlet) Sum() string { return o.left.Sum() }

// Inside is the SHA-256 of what was written, hex.
func (o *Outlet) Inside() string { return o.inside.Sum() }

// Size is how many bytes left.
func (o *Outlet) Size() int64 { return o.left.Size() }

// Add enters the file that left into a manifest.
func (o *Outlet) Add(m *Manifest, name string) {
	f := File{Path: name, SHA256: o.Sum()}
	if o.Encrypted() {
		m.AddEncrypted(f, o.Inside())
	} else {
		m.Add(f)
	}
}
