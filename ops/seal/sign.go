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

// Make writes a manifest to w. It returns its hash, and its signature, nil without a
// key. After an error what was written is of no use.
func Make(w io.Writer, m Manifest, key *Key) (sum string, signature []byte, err error) {
	m.PublicKey = ""
	if key != nil {
		m.PublicKey = key.Public()
	}
	to := &signing{to: NewHash(w)}
	to.read = minisign.NewReader(&to.written)
	if err := m.Encode(to); err != nil {
		return "", nil, err
	}
	if key != nil {
		signature = to.sign(key, signedAs+m.CutOff.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	return to.to.Sum(), signature, nil
}

// Write seals a folder: it writes the manifest and, with a key, the signature,
// both synced, and returns the manifest's hash, to be published. After an error neither
// is there.
func Write(folder string, m Manifest, key *Key) (sum string, err error) {
	var signature []byte
	path := filepath.Join(folder, ManifestName)
	err = writeSynced(path, func(w io.Writer) error {
		sum, signature, err = Make(w, m, key)
		return err
	})
	if err != nil || signature == nil {
		return sum, err
	}
	err = writeSynced(path+SignatureSuffix, func(w io.Writer) error {
		_, err := w.Write(signature)
		return err
	})
	if err != nil {
		return "", errors.Join(err, os.Remove(path))
	}
	return sum, nil
}

// writeSynced makes a file, or none.
func writeSynced(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// signing sums what is written, also as minisign does, which takes what it reads.
type signing struct {
	to      *Hash
	written bytes.Reader
	read    *minisign.Reader
}

func (s *signing) Write(p []byte) (int, error) {
	s.written.Reset(p)
	if _, err := io.Copy(io.Discard, s.read); err != nil {
		return 0, err
	}
	return s.to.Write(p)
}

// sign makes a signature of the kind that minisign makes by itself (prehashed).
// For one text and comment it is always the same.
func (s *signing) sign(key *Key, comment string) []byte {
	return s.read.SignWithComments(key.private, comment, untrusted(key.private.ID()))
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
