package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"glennline/ops/datadir"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// withRemedy adds to what is wrong with a database the commands that help.
func withRemedy(dir datadir.Dir, err error) error {
	if !errors.Is(err, sqlite.ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w. %s", err, remedy(dir))
}

func remedy(dir datadir.Dir) string {
	return fmt.Sprintf("What helps: 'glennline restore --from BACKUP --data NEW-FOLDER' brings the latest backup back; without one, "+
		"'glennline rebuild --data %[1]s' shows what can be made anew from recordings and journal, and 'glennline rebuild --data %[1]s --apply' makes it", dir)
}

// lostDatabase is an error where a data folder has recordings, or calls in its
// journal, and no database: a new one would only hide that it was lost.
func lostDatabase(dir datadir.Dir) error {
	if _, err := os.Lstat(dir.Database()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	found := errors.New("found")
	store, err := archive.Open(dir.Archive(), dir.Quarantine())
	if err != nil {
		return err
	}
	err = store.Walk(context.Background(), func(archive.Entry) error { return found })
	if err == nil {
		_, err = journal.Read(dir.Journal(), func(journal.Entry) error { return found })
	}
	if errors.Is(err, found) {
		return fmt.Errorf("%s is missing, and calls that it knew are in the data folder: put it back. %s", dir.Database(), remedy(dir))
	}
	return err
}
