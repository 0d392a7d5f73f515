package caller_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glennline/petition/caller"
)

// rotated is a ring with a secret before the one in force.
func rotated(t *testing.T) (path, folder string, old *caller.Secret) {
	t.Helper()
	dir := t.TempDir()
	path, folder = filepath.Join(dir, "secret"), filepath.Join(dir, "secrets")
	old, err := caller.OpenSecret(path)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := caller.NewSecret(folder)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // again does no harm
		if err := caller.Install(path, folder, fresh.ID); err != nil {
			t.Fatal(err)
		}
	}
	return path, folder, old
}

func TestRing(t *testing.T) {
	path, folder, old := rotated(t)
	ring, err := caller.ReadRing(path, folder)
	if err != nil || len(ring.Former) != 1 || ring.Former[0].ID != old.ID || ring.ID == old.ID {
		t.Fatalf("%v, %v; want one secret before", ring, err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v; want the former alone", entries, err)
	}
	who := ring.Identify("0470 55 50 01", "allowed", "BE")
	if who.KeyID != ring.ID || who.Pseudonym != ring.Pseudonym("+32470555001") || who.Former != old.Pseudonym("+32470555001") {
		t.Errorf("%+v", who)
	}
	for _, presentation := range []string{"prohib", "unavailable"} {
		if who := ring.Identify("0470 55 50 01", presentation, "BE"); who.Former != "" || who.Pseudonym != "" {
			t.Errorf("%s: %+v keeps something", presentation, who)
		}
	}
	if who := ring.Identify("112", "allowed", "BE"); who.Former != "" {
		t.Errorf("%+v", who)
	}
	if _, err := ring.Unseal("AAAAAAAAAAAAAAAAAAAAAA=="); !errors.Is(err, caller.ErrSealed) {
		t.Errorf("error = %v, want ErrSealed", err)
	}
	alone, err := caller.ReadRing(path, filepath.Join(folder, "nosuch"))
	if err != nil || len(alone.All()) != 1 || alone.Identify("0470 55 50 01", "allowed", "BE").Former != "" {
		t.Errorf("without a folder: %v, %v", alone, err)
	}
	if len((*caller.Ring)(nil).All()) != 0 {
		t.Error("no ring has a secret")
	}
}

// Wherever a rotation is broken off, both secrets are there.
func TestInstallBrokenOff(t *testing.T) {
	dir := t.TempDir()
	path, folder := filepath.Join(dir, "secret"), filepath.Join(dir, "secrets")
	old, err := caller.OpenSecret(path)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := caller.NewSecret(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, filepath.Join(folder, old.ID)); err != nil {
		t.Fatal(err)
	}
	ring, err := caller.ReadRing(path, folder)
	if err != nil || ring.ID != old.ID || len(ring.Former) != 1 || ring.Former[0].ID != fresh.ID {
		t.Fatalf("in between: %v, %v", ring, err)
	}
	if err := caller.Install(path, folder, fresh.ID); err != nil {
		t.Fatal(err)
	}
	ring, err = caller.ReadRing(path, folder)
	if err != nil || ring.ID != fresh.ID || len(ring.Former) != 1 || ring.Former[0].ID != old.ID {
		t.Errorf("%v, %v", ring, err)
	}
	if err := caller.Install(path, folder, "0123456789abcdef"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestRingRefusesWhatIsNoSecret(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, former string) error{
		"malformed": func(_ *testing.T, former string) error { return os.WriteFile(former, []byte("secret"), 0o600) },
		"exposed":   func(_ *testing.T, former string) error { return os.Chmod(former, 0o644) },
		"of that name": func(_ *testing.T, former string) error {
			return os.Rename(former, filepath.Join(filepath.Dir(former), "0123456789abcdef"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path, folder, old := rotated(t)
			if err := spoil(t, filepath.Join(folder, old.ID)); err != nil {
				t.Fatal(err)
			}
			_, err := caller.ReadRing(path, folder)
			if !errors.Is(err, caller.ErrMalformed) && !errors.Is(err, caller.ErrExposed) {
				t.Errorf("error = %v", err)
			}
			if err != nil && !slices.ContainsFunc([]string{"put", "chmod"}, func(hint string) bool { return strings.Contains(err.Error(), hint) }) {
				t.Errorf("error %q does not say what to do", err)
			}
		})
	}
}
