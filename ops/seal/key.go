package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"aead.dev/minisign"

	"glennline/ops/disk"
)

// What may be wrong with the campaign's key.
var (
	ErrKeyExists    = errors.New("there is a key already")
	ErrKeyExposed   = errors.New("the key is open to others")
	ErrKeyMalformed = errors.New("not a minisign key")
	ErrPassword     = errors.New("the password does not open the key")
)

// Key is the campaign's key, which signs. Its file has minisign's format.
type Key struct{ private minisign.PrivateKey }

// Generate makes a key and writes both halves, which must not exist, synced: the
// secret one with mode 0600, under the password unless that is "". It returns the
// public half as minisign -P takes it. With a password it takes seconds and 1 GiB
// of memory, as minisign has it (scrypt).
func Generate(secretPath, publicPath, password string) (string, error) {
	for _, path := range []string{secretPath, publicPath} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			if err == nil {
				err = ErrKeyExists
			}
			return "", fmt.Errorf("%s: %w: what it signed can only be proved with it, so it is not replaced; move it aside if you must", path, err)
		}
	}
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		return "", err
	}
	secret, err := private.MarshalText()
	if password != "" {
		secret, err = minisign.EncryptKey(password, private)
	}
	if err != nil {
		return "", err
	}
	if err := writeKey(secretPath, append(secret, '\n'), 0o600); err != nil {
		return "", err
	}
	text := fmt.Sprintf("untrusted comment: minisign public key %016X\n%s\n", public.ID(), public)
	if err := writeKey(publicPath, []byte(text), 0o644); err != nil {
		return "", errors.Join(err, os.Remove(secretPath)) // nothing was signed with it yet
	}
	return public.String(), nil
}

// writeKey makes a file, and gives it to whom its folder belongs: root may make
// a key that the service's user signs with.
func writeKey(path string, text []byte, mode fs.FileMode) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := disk.SameOwner(f); err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(mode), f.Sync()); err != nil {
		return err
	}
	return disk.SyncFolder(filepath.Dir(path))
}

// ReadKey reads the secret half. Without a file there, the error is
// fs.ErrNotExist. password is asked where the key has one.
func ReadKey(path string, password func() (string, error)) (*Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s has mode %04o: %w: find out who could read it, then run chmod 600 on it", path, mode, ErrKeyExposed)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if minisign.IsEncrypted(text) {
		secret, err := password()
		if err != nil {
			return nil, err
		}
		private, err := minisign.DecryptKey(secret, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, ErrPassword)
		}
		return &Key{private}, nil
	}
	var k Key
	if err := k.private.UnmarshalText([]byte(strings.TrimSpace(string(text)))); err != nil {
		return nil, fmt.Errorf("%s: %w: put back the file that glennline seal keygen made", path, ErrKeyMalformed)
	}
	return &k, nil
}

// Public is the public half, as minisign -P takes it.
func (k *Key) Public() string {
	public, _ := k.private.Public().(minisign.PublicKey)
	return public.String()
}

// PublicKey reads a public key, which is one itself or the name of a file that
// holds it, and gives it as minisign -P takes it.
func PublicKey(keyOrFile string) (string, error) {
	var public minisign.PublicKey
	if public.UnmarshalText([]byte(strings.TrimSpace(keyOrFile))) == nil {
		return public.String(), nil
	}
	text, err := os.ReadFile(keyOrFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%q is %w and no file: give one as glennline seal show prints it", keyOrFile, ErrKeyMalformed)
	}
	if err != nil {
		return "", err
	}
	if public.UnmarshalText([]byte(strings.TrimSpace(string(text)))) != nil {
		return "", fmt.Errorf("%s holds none: %w", keyOrFile, ErrKeyMalformed)
	}
	return public.String(), nil
}
