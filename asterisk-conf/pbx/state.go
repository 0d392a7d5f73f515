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
func saveState(cfg asteriskconf.Config) error { return saveConfig(statePath(cfg.Dir), cfg) }

// loadState is what the Asterisk in dir was started with.
func loadState(dir string) (asteriskconf.Config, error) { return loadConfig(statePath(dir)) }

// Running is what the supervised Asterisk of a folder was started with, ports
// and password included; fs.ErrNotExist where none was, or it has been stopped.
func Running(dir string) (asteriskconf.Config, error) { return loadState(dir) }

// saveConfig writes a private file in one step.
func saveConfig(path string, cfg asteriskconf.Config) (err error) {
	b, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func loadConfig(path string) (asteriskconf.Config, error) {
	var cfg asteriskconf.Config
	b, err := os.ReadFile(path)
	if err != nil {
		return cfg, err
	}
	if err := json.Unmarshal(b, &cfg); err != nil {
		return cfg, fmt.Errorf("%s: %w", path, err)
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
