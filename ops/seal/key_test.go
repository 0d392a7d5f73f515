package seal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"aead.dev/minisign"

	"glennline/ops/seal"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func noPassword() (string, error) { return "", errors.New("nobody should ask for a password") }

func TestGenerate(t *testing.T) {
	dir := t.TempDir()
	secret, public := filepath.Join(dir, "seal.key"), filepath.Join(dir, "seal.pub")
	if _, err := seal.ReadKey(secret, noPassword); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a key: %v", err)
	}
	made, err := seal.Generate(secret, public, "")
	must(t, err)
	info, err := os.Stat(secret)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the secret has mode %o", info.Mode().Perm())
	}
	key, err := seal.ReadKey(secret, noPassword)
	must(t, err)
	if key.Public() != made {
		t.Errorf("the key is %s, and %s was made", key.Public(), made)
	}
	for _, given := range []string{made, public} {
		if read, err := seal.PublicKey(given); err != nil || read != made {
			t.Errorf("PublicKey(%s) = %s, %v, want %s", given, read, err, made)
		}
	}
	if _, err := minisign.PublicKeyFromFile(public); err != nil {
		t.Errorf("minisign does not read it: %v", err)
	}

	before, err := os.ReadFile(secret)
	must(t, err)
	if _, err := seal.Generate(secret, public, ""); !errors.Is(err, seal.ErrKeyExists) {
		t.Errorf("a second key: %v", err)
	}
	if after, _ := os.ReadFile(secret); string(after) != string(before) {
		t.Error("the key was replaced")
	}
}

// A key as minisign makes it, but for its password's cost, which takes a second
// and a gigabyte there.
const (
	underPassword = `untrusted comment: minisign encrypted secret key
RWRTY0IyBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUAgAAAAAAAAAAAEAAAAAAAK5sF3k80aakLIgzs1xUGXc0tQxPujGcOYrq6LEa2OkVb9ZhiRtyC4l3soFUlHOjcXO8+l7TwYII8HJtdjPLPwgooSL4deRsZvePpB1wVmKG969UlT2ty5K3zHIPpukSmDgifUGqeEvo=
`
	itsPublic = "RWSNLRwmASfHROpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
)

func TestReadKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	must(t, os.WriteFile(path, []byte(underPassword), 0o600))
	key, err := seal.ReadKey(path, func() (string, error) { return "open sesame", nil })
	must(t, err)
	if key.Public() != itsPublic {
		t.Errorf("the key is %s, want %s", key.Public(), itsPublic)
	}
	if _, err := seal.ReadKey(path, func() (string, error) { return "open barley", nil }); !errors.Is(err, seal.ErrPassword) {
		t.Errorf("with a wrong password: %v", err)
	}
	must(t, os.Chmod(path, 0o640))
	if _, err := seal.ReadKey(path, noPassword); !errors.Is(err, seal.ErrKeyExposed) {
		t.Errorf("one that others may read: %v", err)
	}
	must(t, os.Chmod(path, 0o600))
	for _, text := range []string{"", "key\n", itsPublic + "\n"} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := seal.ReadKey(path, noPassword); !errors.Is(err, seal.ErrKeyMalformed) {
			t.Errorf("of %q: %v", text, err)
		}
	}
}

func TestPublicKeyOfNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "seal.pub")
	must(t, os.WriteFile(file, []byte("RWQ\n"), 0o600))
	for _, given := range []string{"", "RWQ", file, file + ".no"} {
		if _, err := seal.PublicKey(given); err == nil {
			t.Errorf("PublicKey(%q) is no error", given)
		}
	}
}
