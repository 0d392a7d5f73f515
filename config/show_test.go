package config_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glennline/config"
)

// What is shown can be read again and is the same then.
func TestYAML(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shown.yaml")
	given := filepath.Join(t.TempDir(), "given.yaml")
	if err := os.WriteFile(given, []byte("data: /srv/line\nsip: {port: 5070}\nlegal: 'none, \"yet\": # of these'\nlines: [{name: a, numbers: ['+32 2 555 01 00'], limits: {end_key: '*'}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := config.Load(given, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := file.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, shown, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := config.Load(path, nil, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	text, err := again.YAML()
	if diff := cmp.Diff(string(shown), string(text)); diff != "" || err != nil {
		t.Errorf("%s, %v", diff, err)
	}
	if sum, err := file.SHA256(); err != nil || sum != fmt.Sprintf("%x", sha256.Sum256(shown)) {
		t.Errorf("%s, %v", sum, err)
	}
}
