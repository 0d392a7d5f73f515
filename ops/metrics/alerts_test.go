//go:build heavy

package metrics

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// promtool finds nothing wrong with the alert rules, and they fire when they
// should and not before.
func TestAlerts(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		// scripts/get-promtool puts it there.
		if promtool, err = filepath.Abs("../../.cache/tools/bin/promtool"); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	for from, to := range map[string]string{"../../docs/alerts.yml": "alerts.yml", "testdata/alerts_test.yml": "alerts_test.yml"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
