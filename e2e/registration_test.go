//go:build e2e || heavy

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"glennline/asterisk-conf/pbx"
)

// registration is how a trunk stands, by the line's own Asterisk.
func (l *line) registration(t *testing.T, trunk string) pbx.Registration {
	t.Helper()
	all, err := pbx.Registrations(t.Context(), pbx.ControlSocket(filepath.Join(l.dir, "data", "asterisk")))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Section == trunk {
			return r
		}
	}
	t.Fatalf("no registration %s in %+v", trunk, all)
	return pbx.Registration{}
}

// writePassword writes a trunk's password as an operator would.
func writePassword(t *testing.T, dir, file, password string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
