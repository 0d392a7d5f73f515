package pbx

import (
	"path/filepath"

	asteriskconf "glennline/asterisk-conf"
)

// Where the service and the Asterisk that it answers run apart, in containers or
// units of their own, the service writes down what Asterisk shall be, and whoever
// runs Asterisk reads it. Nothing else of the service's has to be within
// Asterisk's reach: neither the database nor the secret.
func wantedPath(dir string) string { return filepath.Join(dir, "wanted.json") }

// Want writes down what shall run in cfg.Dir, for another process to Start. It
// makes the folders. With an empty ARI.Password it keeps the one written before,
// or chooses. changed says that something else was wanted before: it is in force
// once Asterisk is started anew.
func Want(cfg asteriskconf.Config) (_ asteriskconf.Config, changed bool, err error) {
	before, err := Wanted(cfg.Dir)
	known := err == nil
	if cfg.ARI.Password == "" {
		cfg.ARI.Password = before.ARI.Password
	}
	if cfg.ARI.Password == "" {
		cfg.ARI.Password = asteriskconf.NewPassword()
	}
	if err := makeFolders(cfg); err != nil {
		return cfg, false, err
	}
	return cfg, known && len(differences(cfg, before)) > 0, saveConfig(wantedPath(cfg.Dir), cfg)
}

// Wanted is what shall run in dir; fs.ErrNotExist where nothing was written yet.
func Wanted(dir string) (asteriskconf.Config, error) { return loadConfig(wantedPath(dir)) }
