package pbx

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	asteriskconf "glennline/asterisk-conf"
)

// What one process wants, another one reads; the password stays, so that an
// Asterisk that runs on can still be reached.
func TestWant(t *testing.T) {
	cfg := asteriskconf.Default()
	cfg.Dir = filepath.Join(t.TempDir(), "asterisk")
	if _, err := Wanted(cfg.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	cfg.Fallback = &asteriskconf.Fallback{Spool: "/spool", SealKey: "0123456789abcdef"}
	first, changed, err := Want(cfg)
	if err != nil || changed || len(first.ARI.Password) < 32 {
		t.Fatalf("first: changed %t, password of %d, %v", changed, len(first.ARI.Password), err)
	}
	again, changed, err := Want(cfg)
	if err != nil || changed || again.ARI.Password != first.ARI.Password {
		t.Errorf("again: changed %t, same password %t, %v", changed, again.ARI.Password == first.ARI.Password, err)
	}
	got, err := Wanted(cfg.Dir)
	if err != nil || got.ARI != first.ARI || got.Fallback == nil || got.Fallback.SealKey != cfg.Fallback.SealKey {
		t.Errorf("read back: %+v, %v", got, err)
	}
	cfg.MaxCall = time.Hour
	if _, changed, err = Want(cfg); err != nil || !changed {
		t.Errorf("another one: changed %t, %v", changed, err)
	}
	for _, f := range append(cfg.Folders(), wantedPath(cfg.Dir)) {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
	if err := os.WriteFile(wantedPath(cfg.Dir), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Wanted(cfg.Dir); err == nil {
		t.Error("half a file was read")
	}
	if _, _, err := Want(cfg); err != nil {
		t.Errorf("over half a file: %v", err)
	}
}
