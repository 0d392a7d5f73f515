package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"aead.dev/minisign"
)

// signedAs begins the comment of our signatures, which is signed too.
const signedAs = "glennline manifest of "

// Make gives the bytes of a manifest and of its signature, nil without a key.
func Make(m Manifest, key *Key) (manifest, signature []byte, err error) {
	m.PublicKey = ""
	if key != nil {
		m.PublicKey = key.Public()
	}
	if manifest, err = m.Encode(); err != nil || key == nil {
		return manifest, nil, err
	}
	return manifest, key.sign(manifest, signedAs+m.CutOff.UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

// Write seals a folder: it writes the manifest and, with a key, the signature,
// both synced, and returns the manifest's hash, to be published.
func Write(folder string, m Manifest, key *Key) (sum string, err error) {
	manifest, signature, err := Make(m, key)
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, ManifestName)
	if err := writeSynced(path, manifest); err != nil {
		return "", err
	}
	if signature != nil {
		err = writeSynced(path+SignatureSuffix, signature)
	}
	return Sum(manifest), err
}

func writeSynced(path string, text []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}

// sign makes a signature of the kind that minisign makes by itself (prehashed).
// For one text and comment it is always the same.
func (k *Key) sign(text []byte, comment string) []byte {
	r := minisign.NewReader(bytes.NewReader(text))
	_, _ = io.Copy(io.Discard, r) // from memory to nowhere
	return r.SignWithComments(k.private, comment, untrusted(k.private.ID()))
}

func untrusted(id uint64) string { return fmt.Sprintf("signature of glennline with key %016X", id) }

// signedBy says what is wrong with a signature; nil if the key made it of the
// manifest, which was read to its end. text is all of it, which is asked for a kind of
// signature alone that minisign does not make by itself any more.
func signedBy(key string, manifest *minisign.Reader, text func() ([]byte, error), signature []byte) error {
	var public minisign.PublicKey
	if err := public.UnmarshalText([]byte(key)); err != nil {
		return fmt.Errorf("the key that the manifest names is none")
	}
	var s minisign.Signature
	if err := s.UnmarshalText(signature); err != nil {
		return errors.New("the signature cannot be read")
	}
	if s.KeyID != public.ID() {
		return fmt.Errorf("it was signed with another key, %016X, and not with %016X", s.KeyID, public.ID())
	}
	holds := manifest.Verify(public, signature)
	if s.Algorithm == minisign.EdDSA { // not of a hash
		whole, err := text()
		if err != nil {
			return fmt.Errorf("the manifest cannot be read again, %s", reason(err))
		}
		holds = minisign.Verify(public, whole, signature)
	}
	if !holds {
		return errors.New("the signature does not belong to this manifest")
	}
	// What minisign leaves unproved, its first line and the last bits of its
	// base64, we always write in one way.
	if strings.HasPrefix(s.TrustedComment, signedAs) {
		s.UntrustedComment = untrusted(s.KeyID)
		if canonical, err := s.MarshalText(); err != nil || !bytes.Equal(canonical, signature) {
			return errors.New("the signature holds, and its file was changed where nothing proves it")
		}
	}
	return nil
}
