package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"glennline/config"
	"glennline/ops/backup"
	"glennline/ops/datadir"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

// withRemedy adds the commands that help to the error of a command that met a
// damaged database of a data folder.
func withRemedy(err error) error {
	met, ok := errors.AsType[*sqlite.UnavailableError](err)
	if !ok || !errors.Is(met, sqlite.ErrCorrupt) {
		return err
	}
	dir, notUsed := datadir.Used(filepath.Dir(met.Path))
	if notUsed != nil || dir.Database() != met.Path {
		return err // such as one in a backup
	}
	return fmt.Errorf("%w. %s", err, remedy(dir))
}

func remedy(dir datadir.Dir) string {
	return fmt.Sprintf("What helps: 'glennline restore --from BACKUP --data NEW-FOLDER' brings the latest backup back; without one, "+
		"'glennline rebuild --data %[1]s' shows what can be made anew from recordings and journal, and 'glennline rebuild --data %[1]s --apply' makes it", dir)
}

// existing is the data folder of a command that needs its database. Where that
// is gone and calls are there that it knew, the error names what helps.
func existing(file config.File) (datadir.Dir, error) {
	if used, err := datadir.Used(file.Data); err == nil {
		if err := backup.Half(used); err != nil {
			return "", err
		}
		if err := lostDatabase(used); err != nil {
			return "", err
		}
	}
	dir, err := datadir.Existing(file.Data)
	return dir, usage(err)
}

// lostDatabase is an error where a data folder has recordings, or calls in its
// journal, and no database: a new one would only hide that it was lost.
func lostDatabase(dir datadir.Dir) error {
	if _, err := os.Lstat(dir.Database()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	found := errors.New("found")
	err := filepath.WalkDir(dir.Archive(), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && filepath.Ext(path) == ".wav" {
			return found
		}
		return err
	})
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		_, err = journal.Read(dir.Journal(), func(journal.Entry) error { return found })
	}
	if errors.Is(err, found) {
		return fmt.Errorf("%s is missing, and calls that it knew are in the data folder: put it back. %s", dir.Database(), remedy(dir))
	}
	return err
}
