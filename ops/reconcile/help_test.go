package reconcile_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glennline/petition/sqlite"
)

type callRow = sqlite.CallRow

var everything = sqlite.Filter{}

// withoutWitness is a state without the copy of Asterisk's log, which every run
// brings up to date.
func withoutWitness(state string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(state, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "witness: ") || strings.HasPrefix(line, "witness_logs: ")
	}), "\n")
}

// files are the regular files in a folder, if it is there.
func files(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			found = append(found, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return found
}
