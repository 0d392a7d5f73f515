package pbx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	asteriskconf "glennline/asterisk-conf"
)

// What lies in run/ besides Asterisk's own control socket and process id:
//
//	console          FIFO of Asterisk's output
//	supervisor.lock  held by the glennline that supervises, with its process id
//	asterisk.lock    held by Asterisk itself, through a descriptor it inherits
//	supervised.json  the configuration that Asterisk was started with
func supervisorLockPath(dir string) string { return filepath.Join(dir, "run", "supervisor.lock") }
func asteriskLockPath(dir string) string   { return filepath.Join(dir, "run", "asterisk.lock") }
func statePath(dir string) string          { return filepath.Join(dir, "run", "supervised.json") }

// etcPath is where the configuration is rendered.
func etcPath(dir string) string { return filepath.Join(dir, "etc") }

// saveState records what Asterisk is about to be started with, so that the next
// glennline knows ports and password of one that outlives us.
func saveState(cfg asteriskconf.Config) error {
	b, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return err
	}
	fresh := statePath(cfg.Dir) + ".new"
	if err := os.WriteFile(fresh, b, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, statePath(cfg.Dir))
}

// loadState is what the Asterisk in dir was started with.
func loadState(dir string) (asteriskconf.Config, error) {
	var cfg asteriskconf.Config
	b, err := os.ReadFile(statePath(dir))
	if err != nil {
		return cfg, err
	}
	if err := json.Unmarshal(b, &cfg); err != nil {
		return cfg, fmt.Errorf("%s: %w", statePath(dir), err)
	}
	return cfg, nil
}

// forgetState removes what only a running Asterisk needs.
func forgetState(dir string) error {
	var errs []error
	for _, p := range []string{statePath(dir), controlAt(dir).path, consolePath(dir)} {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
