package pbx

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeInstall makes an asterisk that only tells its version, with a module and
// the documentation below root/<usr>.
func fakeInstall(t *testing.T, root, bin, usr, version string) string {
	t.Helper()
	for _, f := range []string{
		filepath.Join(usr, "lib", "any-linux-gnu", "asterisk", "modules", "res_pjsip.so"),
		filepath.Join(usr, "share", "asterisk", "documentation", "core-en_US.xml"),
	} {
		put(t, filepath.Join(root, f), "", 0o644)
	}
	binary := filepath.Join(root, bin, "asterisk")
	put(t, binary, fmt.Sprintf("#!/bin/sh\n[ \"$1\" = -V ] && echo '%s'\n", version), 0o755)
	return binary
}

func put(t *testing.T, name, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func TestFind(t *testing.T) {
	const recent, old = "Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", "Asterisk 18.9.0"
	for _, tt := range []struct {
		name      string
		make      func(t *testing.T, root string) (path string) // and sets the environment
		binary    string                                        // below root
		version   string
		wantError string
	}{
		{name: "named", binary: "usr/sbin/asterisk", version: "22.10.1", make: func(t *testing.T, root string) string {
			t.Setenv(EnvBinary, fakeInstall(t, root, "other/sbin", "other", recent))
			return fakeInstall(t, root, "usr/sbin", "usr", recent)
		}},
		{name: "named but old", wantError: "version 20 or newer", make: func(t *testing.T, root string) string {
			return fakeInstall(t, root, "usr/sbin", "usr", old)
		}},
		{name: "named but absent", wantError: "does not run", make: func(_ *testing.T, root string) string {
			return filepath.Join(root, "asterisk")
		}},
		{name: "named but something else", wantError: "no version of Asterisk", make: func(t *testing.T, root string) string {
			return fakeInstall(t, root, "usr/sbin", "usr", "Kamailio 5")
		}},
		{name: "named without modules", wantError: "modules", make: func(t *testing.T, root string) string {
			p := fakeInstall(t, root, "usr/sbin", "usr", recent)
			if err := os.RemoveAll(filepath.Join(root, "usr", "lib")); err != nil {
				t.Fatal(err)
			}
			return p
		}},
		{name: "named without documentation", wantError: "core-en_US.xml", make: func(t *testing.T, root string) string {
			p := fakeInstall(t, root, "usr/sbin", "usr", recent)
			if err := os.RemoveAll(filepath.Join(root, "usr", "share")); err != nil {
				t.Fatal(err)
			}
			return p
		}},
		{name: "environment", binary: "other/sbin/asterisk", version: "20.7", make: func(t *testing.T, root string) string {
			t.Setenv("PATH", filepath.Dir(fakeInstall(t, root, "usr/sbin", "usr", recent))+":"+os.Getenv("PATH"))
			t.Setenv(EnvBinary, fakeInstall(t, root, "other/sbin", "other", "Asterisk certified/20.7-cert1"))
			return ""
		}},
		{name: "environment but old", wantError: "$" + EnvBinary, make: func(t *testing.T, root string) string {
			t.Setenv(EnvBinary, fakeInstall(t, root, "other/sbin", "other", old))
			return ""
		}},
		{name: "path", binary: "usr/sbin/asterisk", version: "22.10.1", make: func(t *testing.T, root string) string {
			fakeInstall(t, filepath.Join(root, ".cache", "asterisk"), "bin", "tree/usr", recent)
			t.Setenv("PATH", filepath.Dir(fakeInstall(t, root, "usr/sbin", "usr", recent))+":"+os.Getenv("PATH"))
			return ""
		}},
		{name: "cache above", binary: ".cache/asterisk/bin/asterisk", version: "22.10.1", make: func(t *testing.T, root string) string {
			t.Setenv("PATH", filepath.Dir(fakeInstall(t, root, "usr/sbin", "usr", old))+":"+os.Getenv("PATH"))
			return fakeCache(t, root, recent)
		}},
		{name: "old ones alone", wantError: "scripts/get-asterisk", make: func(t *testing.T, root string) string {
			return fakeCache(t, root, old)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			below := filepath.Join(root, "a", "b")
			if err := os.MkdirAll(below, 0o755); err != nil {
				t.Fatal(err)
			}
			t.Chdir(below)
			t.Setenv(EnvBinary, "")
			withoutSystemPlaces(t)
			in, err := Find(tt.make(t, root))
			if tt.wantError != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantError) {
					t.Errorf("error %v, want %q", err, tt.wantError)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if in.Binary != filepath.Join(root, tt.binary) || in.Version != tt.version {
				t.Errorf("found %+v", in)
			}
			for _, dir := range []string{in.ModuleDir, in.DataDir} {
				if !strings.HasPrefix(dir, filepath.Dir(filepath.Dir(in.Binary))+"/") {
					t.Errorf("%s does not belong to %s", dir, in.Binary)
				}
			}
		})
	}
}

// fakeCache puts one where scripts/get-asterisk would, and returns "".
func fakeCache(t *testing.T, root, version string) string {
	t.Helper()
	fakeInstall(t, filepath.Join(root, ".cache", "asterisk"), "bin", "tree/usr", version)
	return ""
}

// withoutSystemPlaces hides what the machine has.
func withoutSystemPlaces(t *testing.T) {
	t.Helper()
	places := systemPlaces
	systemPlaces = nil
	t.Cleanup(func() { systemPlaces = places })
}

func TestFindNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(EnvBinary, "")
	t.Setenv("PATH", t.TempDir())
	withoutSystemPlaces(t)
	_, err := Find("")
	if !errors.Is(err, ErrNoAsterisk) || !strings.Contains(err.Error(), "scripts/get-asterisk") || !strings.Contains(err.Error(), EnvBinary) {
		t.Errorf("Find: %v", err)
	}
}
