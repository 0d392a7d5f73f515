package caller

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// What may be wrong with a secret's file.
var (
	// ErrExposed says that others than its owner may read or change the file.
	ErrExposed = errors.New("secret is open to others")
	// ErrMalformed says that the file holds no secret.
	ErrMalformed = errors.New("not a secret")
)

// OpenSecret reads the secret at path and makes it if there is none: 64 hex
// digits and a newline, mode 0600 whatever the umask. A new one is on disk, and
// so is its name, before OpenSecret returns; no crash leaves half of one.
//
// Where a database knows a secret already, use ReadSecret: a new secret in
// place of a lost one only hides the loss.
func OpenSecret(path string) (*Secret, error) {
	s, err := ReadSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if err := makeSecret(path); err != nil {
		return nil, fmt.Errorf("make the secret %s: %w", path, err)
	}
	return ReadSecret(path)
}

// ReadSecret reads the secret at path. Without a file there, the error is
// fs.ErrNotExist; with one that others may read, ErrExposed; with one that
// holds anything but 64 hex digits, ErrMalformed.
func ReadSecret(path string) (*Secret, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not hold us
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	defer f.Close()

	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file; name the secret's file: %w", path, ErrMalformed)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s has mode %04o; find out who could read it, then run chmod 600 on it: %w", path, mode, ErrExposed)
	}

	// One byte more than a secret and its newline tells a longer file.
	text, err := io.ReadAll(io.LimitReader(f, 2*secretLength+2))
	if err != nil {
		return nil, fmt.Errorf("read the secret %s: %w", path, err)
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	var key [secretLength]byte
	if len(text) != hex.EncodedLen(len(key)) {
		return nil, malformed(path)
	}
	if _, err := hex.Decode(key[:], text); err != nil {
		return nil, malformed(path)
	}
	return newSecret(key), nil
}

// malformed leaves out what the decoder said, which quotes the file.
func malformed(path string) error {
	return fmt.Errorf("%s must hold %d hex digits; put back the file that was made at the first start: %w",
		path, hex.EncodedLen(secretLength), ErrMalformed)
}

// makeSecret writes a new secret beside path and then links it into place, so
// that path never names half a secret and never replaces one: of two that start
// at once, one makes it and both read it.
func makeSecret(path string) error {
	var key [secretLength]byte
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the program instead

	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // O_EXCL, 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := writeSecret(f, key); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

func writeSecret(f *os.File, key [secretLength]byte) error {
	_, err := fmt.Fprintf(f, "%x\n", key)
	return errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
