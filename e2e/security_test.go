//go:build e2e || heavy

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// securityLog is what Asterisk tells of strangers, as it is kept: for the user
// alone that Asterisk runs as.
func (l *line) securityLog(t *testing.T) string {
	t.Helper()
	path := filepath.Join(l.dir, "data", "asterisk", "log", "security.log")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("%s has mode %v", path, info.Mode())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
