package pbx

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	asteriskconf "glennline/asterisk-conf"
)

// Check says whether Start could work, as far as that can be told before
// anything is made: user, configuration, open files, ports. It changes nothing.
// Where an Asterisk runs in the folder already, the ports are taken by it.
func Check(ctx context.Context, opt Options) error {
	a, err := resolveAccount(opt.User)
	if err != nil {
		return err
	}
	cfg := filled(withInstall(opt.Config, opt.Install))
	if _, err := asteriskconf.Files(cfg, etcPath(cfg.Dir)); err != nil {
		return err
	}
	// The folder that Dir lies in is made, and opened, by whoever calls us.
	if err := a.try(ctx, opt.Install, existing(filepath.Dir(filepath.Dir(cfg.Dir))), false); err != nil {
		return err
	}
	if running, err := occupied(cfg.Dir); running || err != nil {
		return err
	}
	if _, err := allowedFiles(cfg); err != nil {
		return err
	}
	cfg.ARI.Port = opt.Config.ARI.Port // 0 for any: always free
	return checkPorts(ctx, cfg)
}

// CanListen says whether Asterisk could listen on the ports of cfg: errors are
// PortErrors, joined. Where an Asterisk runs in cfg.Dir already, or cannot be seen,
// they are not looked at.
func CanListen(ctx context.Context, cfg asteriskconf.Config) error {
	if _, err := os.Stat(asteriskLockPath(cfg.Dir)); errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if running, err := occupied(cfg.Dir); running || err != nil {
		return err
	}
	return checkPorts(ctx, cfg)
}

// occupied says whether an Asterisk of ours runs in dir.
func occupied(dir string) (bool, error) {
	path := asteriskLockPath(dir)
	if _, err := os.Stat(path); err != nil {
		return false, nil //nolint:nilerr // none ever did: it would have made the file
	}
	free, err := lock(path)
	if errors.Is(err, errLocked) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, free.Close()
}

// existing is the folder path, or the nearest above it that is there.
func existing(path string) string {
	for {
		if info, err := os.Stat(path); err == nil && info.IsDir() || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}
