package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"glennline/ops/datadir"
	"glennline/ops/shred"
	"glennline/petition/caller"
	"glennline/petition/sqlite"
)

// readKeys reads the secrets of a data folder that is in use.
func readKeys(dir datadir.Dir) (*caller.Ring, error) {
	keys, err := caller.ReadRing(dir.Secret(), dir.Secrets())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: put it back", dir.Secret())
	}
	return keys, err
}

// bindKeys makes sure that the ledger's pseudonyms were made with the secrets.
func bindKeys(ctx context.Context, db *sqlite.DB, keys *caller.Ring) error {
	var kept []sqlite.Key
	for _, s := range keys.Former {
		kept = append(kept, sqlite.Key{ID: s.ID, Check: s.Check()})
	}
	return db.BindSecrets(ctx, sqlite.Key{ID: keys.ID, Check: keys.Check()}, kept...)
}

// settleKeys finishes what was broken off: a rotation after the ledger knew of
// it, and a destruction before the file was gone.
func settleKeys(ctx context.Context, dir datadir.Dir, db *sqlite.DB) error {
	keys, err := caller.ReadRing(dir.Secret(), dir.Secrets())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	known, err := db.Keys(ctx)
	if err != nil {
		return err
	}
	latest, bound := "", false
	for _, k := range known {
		switch {
		case k.ID == keys.ID && k.DestroyedAt.IsZero():
			latest, bound = k.ID, true
		case k.DestroyedAt.IsZero():
			latest = k.ID
		case k.ID == keys.ID:
			err = errors.Join(err, shred.File(dir.Secret()))
		default:
			err = errors.Join(err, shred.File(filepath.Join(dir.Secrets(), k.ID)))
		}
	}
	if err != nil || !bound || latest == keys.ID {
		return err
	}
	err = caller.Install(dir.Secret(), dir.Secrets(), latest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // bindKeys says that it is missing
	}
	return err
}

// sameOwner gives what root made in a data folder to whom that belongs: the
// service has to read it.
func sameOwner(dir string, paths ...string) error {
	info, err := os.Stat(dir)
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	for _, path := range paths {
		err = errors.Join(err, os.Lchown(path, int(owner.Uid), int(owner.Gid)))
	}
	return err
}
