package sqlite_test

import (
	"os"
	"sync"
	"testing"

	"glennline/petition/sqlite"
)

// The log is folded into the database while calls go on, and not by a commit:
// the writer's connection leaves it alone at this size.
func TestLogIsFoldedBesideTheWriter(t *testing.T) {
	path := path(t)
	db := open(t, sqlite.Config{Path: path})
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	var wg sync.WaitGroup
	for n := range sqlite.CheckpointEvery + 100 {
		wg.Go(func() { begin(t, db, call(n)) })
	}
	wg.Wait()
	until(t, "the database to grow", func() bool { return size() > before })
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		t.Errorf("log: %v, %v; want one that is still there", info, err)
	}
	begin(t, db, call(10_000)) // and goes on
	if counts, err := db.Counts(t.Context()); err != nil || counts.Calls != sqlite.CheckpointEvery+101 {
		t.Errorf("counts %+v, %v", counts, err)
	}
}
