package caller_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"glennline/petition/caller"
)

// The key 00 01 … 1f; the expected values come from another implementation:
// printf %s TEXT | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY
const testKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func write(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSecretDerivesByHMAC(t *testing.T) {
	s, err := caller.ReadSecret(write(t, testKey+"\n", 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Pseudonym("+3225550100"), "67d344052dc7baafda8f69b5cd16a9c4bf49fe2b5c4f3baa4b09828ba7f37d2e"; got != want {
		t.Errorf("Pseudonym = %s, want %s", got, want)
	}
	if got, want := s.ID, "eb3f46dc3011888a"; got != want {
		t.Errorf("ID = %s, want %s", got, want)
	}
	if got, want := s.Check(), "7b446318e860b92075e6b31d0b402c3b4dbc883ae22f2d30e833a0a9d756a556"; got != want {
		t.Errorf("Check = %s, want %s", got, want)
	}
}

func TestSecretNeverPrintsItsKey(t *testing.T) {
	s, err := caller.ReadSecret(write(t, testKey, 0o400))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	all := string(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		all += fmt.Sprintf("\n"+verb, s)
	}
	key, _ := hex.DecodeString(testKey)
	for _, leak := range []string{"0001020304", "0 1 2 3 4", "0x0, 0x1", string(key[:8])} {
		if strings.Contains(strings.ToLower(all), leak) {
			t.Errorf("prints %q:\n%s", leak, all)
		}
	}
}

func TestOpenSecretMakesOneAtTheFirstStart(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		t.Run(fmt.Sprintf("umask %03o", umask), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "secret")
			defer syscall.Umask(syscall.Umask(umask))
			first, err := caller.OpenSecret(path)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode() != 0o600 || info.Size() != 65 {
				t.Errorf("file has mode %v and %d bytes, want 0600 and 65", info.Mode(), info.Size())
			}
			again, err := caller.OpenSecret(path)
			if err != nil {
				t.Fatal(err)
			}
			if again.ID != first.ID || again.Check() != first.Check() || again.Pseudonym("+1") != first.Pseudonym("+1") {
				t.Error("the second start has another secret")
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("the folder holds %v, want the secret alone", entries)
			}
		})
	}
}

func TestOpenSecretMakesAnotherEachTime(t *testing.T) {
	first, second := secret(t), secret(t)
	if first.Check() == second.Check() {
		t.Error("two first starts made one secret")
	}
}

func TestOpenSecretTwiceAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			s, err := caller.OpenSecret(path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = s.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("several secrets: %v", ids)
		}
	}
}

func TestReadSecretRefusesAFileThatOthersCanOpen(t *testing.T) {
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777} {
		path := write(t, testKey, mode)
		if _, err := caller.OpenSecret(path); !errors.Is(err, caller.ErrExposed) || !strings.Contains(err.Error(), path) {
			t.Errorf("mode %04o: error = %v, want ErrExposed with the file's name", mode, err)
		}
	}
}

func TestReadSecretRefusesWhatIsNone(t *testing.T) {
	tests := map[string]string{
		"empty":        "",
		"newline":      "\n",
		"too short":    testKey[:62] + "\n",
		"odd":          testKey[:63] + "\n",
		"too long":     testKey + "00\n",
		"two newlines": testKey + "\n\n",
		"no hex":       strings.Repeat("zz", 32) + "\n",
		"raw bytes":    strings.Repeat("\x00", 32),
		"torn":         strings.Repeat("\x00", 65),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, text, 0o600)
			_, err := caller.OpenSecret(path)
			if !errors.Is(err, caller.ErrMalformed) || !strings.Contains(err.Error(), path) {
				t.Errorf("error = %v, want ErrMalformed with the file's name", err)
			}
			if got, _ := os.ReadFile(path); string(got) != text {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("a pipe", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "secret")
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := caller.OpenSecret(path); !errors.Is(err, caller.ErrMalformed) {
			t.Errorf("error = %v, want ErrMalformed", err)
		}
	})
	t.Run("a folder", func(t *testing.T) {
		if _, err := caller.OpenSecret(t.TempDir()); !errors.Is(err, caller.ErrMalformed) {
			t.Errorf("error = %v, want ErrMalformed", err)
		}
	})
}

func TestReadSecretMakesNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if _, err := caller.ReadSecret(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error = %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("ReadSecret made a file")
	}
}

func TestOpenSecretWithoutAFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent", "secret")
	if _, err := caller.OpenSecret(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error = %v, want one that names the file", err)
	}
}
